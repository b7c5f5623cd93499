/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <glib.h>
#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The yardstick "libwebsockets": one prebuilt frame to every client that asked for it, as fast as
 * it drains, the way its documentation says: a write for each "writeable", which is asked for
 * anew. Small frames go in bursts while the socket takes them, as with the floor; and libev's epoll
 * instead of its own poll() is a third cheaper at 100 and 1000 clients. */

/* Nobody waits for an hour for a benchmark: a forgotten server ends by itself. */
#define LIFETIME_SECONDS 3600

typedef struct
{
  gboolean streaming;
  guint64 steps;
} Client;

static int option_size = 10000;
static int option_burst = 1;
static int option_frames = 1;

/* The library writes its header into the LWS_PRE bytes before the payload. */
static guint8 **frames;

static const GOptionEntry entries[] = {
  { "size", 0, 0, G_OPTION_ARG_INT, &option_size, "Payload of a frame", "BYTES" },
  { "burst", 0, 0, G_OPTION_ARG_INT, &option_burst, "Frames per writeable event", "N" },
  { "frames", 0, 0, G_OPTION_ARG_INT, &option_frames, "Copies of the frame, sent by turns", "N" },
  { NULL },
};

/* Returns -1, which closes the connection, where it is gone. */
static int
write_burst (struct lws *wsi, Client *client)
{
  for (int i = 0; i < option_burst; i++)
    {
      guint8 *frame = frames[client->steps++ % (guint) option_frames];

      if (i > 0 && lws_send_pipe_choked (wsi))
        break;
      if (lws_write (wsi, frame + LWS_PRE, (gsize) option_size, LWS_WRITE_TEXT) < option_size)
        return -1;
    }
  lws_callback_on_writable (wsi);
  return 0;
}

static int
on_event (struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t size)
{
  Client *client = user;

  if (reason == LWS_CALLBACK_RECEIVE)
    {
      client->streaming = !(size == strlen ("stop") && memcmp (in, "stop", size) == 0);
      if (client->streaming)
        lws_callback_on_writable (wsi);
    }
  else if (reason == LWS_CALLBACK_SERVER_WRITEABLE && client->streaming)
    return write_burst (wsi, client);
  return 0;
}

static struct lws_protocols protocols[] = {
  { .name = "default",
    .callback = on_event,
    .per_session_data_size = sizeof (Client),
    .rx_buffer_size = 1024 },
  { .name = NULL },
};

static void
build_frames (void)
{
  frames = g_new (guint8 *, (guint) option_frames);
  for (int i = 0; i < option_frames; i++)
    {
      frames[i] = g_malloc (LWS_PRE + (gsize) option_size);
      memset (frames[i] + LWS_PRE, '<', (gsize) option_size);
    }
}

static struct lws_context *
listen_on_any_port (struct lws_vhost **vhost)
{
  struct lws_context_creation_info info = {
    .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_LIBEV,
    .gid = (gid_t) -1,
    .uid = (uid_t) -1,
    .pt_serv_buf_size = 4096,
  };
  struct lws_context *context = lws_create_context (&info);

  if (context == NULL)
    return NULL;
  info.iface = "127.0.0.1";
  info.port = 0;
  info.protocols = protocols;
  *vhost = lws_create_vhost (context, &info);
  return context;
}

int
main (int argc, char *argv[])
{
  g_autoptr (GOptionContext) options = g_option_context_new ("- a server on libwebsockets");
  g_autoptr (GError) error = NULL;
  struct lws_context *context;
  struct lws_vhost *vhost = NULL;

  g_option_context_add_main_entries (options, entries, NULL);
  if (!g_option_context_parse (options, &argc, &argv, &error) || option_size < 1 ||
      option_frames < 1)
    {
      g_printerr ("bench-lws: %s\n", error != NULL ? error->message : "a number out of range");
      return EXIT_FAILURE;
    }

  alarm (LIFETIME_SECONDS);
  /* Otherwise it hands a frame to the kernel by the kilobyte, and copies what is left each time. */
  protocols[0].tx_packet_size = LWS_PRE + (gsize) option_size;
  build_frames ();
  lws_set_log_level (LLL_ERR, NULL);
  context = listen_on_any_port (&vhost);
  if (context == NULL || vhost == NULL)
    {
      g_printerr ("bench-lws: libwebsockets can't listen\n");
      return EXIT_FAILURE;
    }
  printf ("Listening on http://127.0.0.1:%d/\n", lws_get_vhost_listen_port (vhost));
  fflush (stdout);
  while (lws_service (context, 0) >= 0)
    ;
  return EXIT_SUCCESS;
}
