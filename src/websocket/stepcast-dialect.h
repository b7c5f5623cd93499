/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-links.h"
#include "stepcast-session.h"
#include "stepcast-viewer-numbers.h"

G_BEGIN_DECLS

/* How a viewer speaks: doc/protocol.md, "The plain protocol" and "stepcast.v1". A dialect is pure:
 * it turns text into requests and events into text, and does no I/O. */

typedef enum
{
  STEPCAST_DELIVERY_EVERY,
  STEPCAST_DELIVERY_LATEST,
} StepcastDelivery;

typedef enum
{
  STEPCAST_REQUEST_START,
  STEPCAST_REQUEST_STOP,
  STEPCAST_REQUEST_PAUSE,
  STEPCAST_REQUEST_RESUME,
  STEPCAST_REQUEST_STEP,
  STEPCAST_REQUEST_SET,
  STEPCAST_REQUEST_RATE,
  STEPCAST_REQUEST_TITLE,
  STEPCAST_REQUEST_OPTIONS,
  STEPCAST_REQUEST_ACK,
} StepcastRequestType;

#define STEPCAST_MIN_FPS 1
#define STEPCAST_MAX_FPS 240
#define STEPCAST_DEFAULT_FPS 60

/**
 * StepcastRequest:
 * @type: what is asked for
 * @id: the id as JSON text, "null" where there is none
 * @n_steps: of a step
 * @values: (nullable): of a set: an `a{sv}`, not checked yet
 * @has_delivery: of options: whether @delivery is given
 * @delivery: of options
 * @max_fps: of options: 0 where it is not given
 * @has_max_bytes: of options: whether @max_bytes is given
 * @max_bytes: of options: the longest SVG document that it wants; 0 is no limit
 * @rate: of a rate: steps a second at most, not checked yet
 * @title: (nullable): of a title: what it is to be, not checked yet
 * @run: of an ack: the run of the frame that was shown; 0 is the present one
 * @serial: of an ack: its serial
 *
 * What a client asks for.
 */
typedef struct
{
  StepcastRequestType type;
  char *id;
  guint64 n_steps;
  GVariant *values;
  gboolean has_delivery;
  StepcastDelivery delivery;
  guint max_fps;
  gboolean has_max_bytes;
  gsize max_bytes;
  double rate;
  char *title;
  guint run;
  guint64 serial;
} StepcastRequest;

StepcastRequest *stepcast_request_new (StepcastRequestType type);
void stepcast_request_free (StepcastRequest *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StepcastRequest, stepcast_request_free)

/* A frame shorter than this is no picture. */
#define STEPCAST_MIN_MAX_BYTES 1024

/**
 * StepcastGreeting:
 * @viewer: its number
 * @token: (nullable): with which it can come back
 * @has_resumed: it has come back
 * @n_missed: how many frames that it should have had are gone
 *
 * What a viewer is told first.
 */
typedef struct
{
  const char *viewer;
  const char *token;
  gboolean has_resumed;
  guint64 n_missed;
  StepcastRole role;
  StepcastDelivery delivery;
  guint max_fps;
  gsize max_bytes;
  gboolean is_compressed;
} StepcastGreeting;

/* Room for what stands before a frame's SVG document. */
#define STEPCAST_PREFIX_BYTES 121

/**
 * StepcastDialect:
 * @subprotocol: (nullable): what the handshake calls it
 * @parse: reads a request for a session of a generator type; on failure @id is set to the id that
 *   the error should repeat, or left alone
 * @get_prefix: writes what stands before the SVG document into a buffer of %STEPCAST_PREFIX_BYTES
 *
 * The others return the text of a message, or %NULL where the dialect says nothing: on a greeting,
 * a request's acceptance (and whether what it asks for was so before), a standstill (with the
 * request, if it was asked for), parameters that were set for a request, a change of state, of the
 * holder, of parameters, of the rate, of the title, of progress, the session's and the viewer's
 * numbers, a frame that was too long, a line of log, an error (with the request, if it is one's).
 */
typedef struct
{
  const char *subprotocol;
  StepcastRequest *(*parse) (const char *text, GType generator_type, char **id, GError **error);
  const char *(*get_prefix) (StepcastFrame *frame, char *buffer);
  char *(*greeting) (StepcastSession *session, const StepcastGreeting *greeting);
  char *(*accepted) (const StepcastRequest *request,
                     StepcastSession *session,
                     gboolean was_so_before);
  char *(*stopped) (const StepcastRequest *request, const StepcastStopReport *report);
  char *(*set) (const StepcastRequest *request, StepcastSession *session, guint64 step);
  char *(*state) (StepcastSession *session);
  char *(*holder) (StepcastSession *session);
  char *(*parameters) (StepcastSession *session);
  char *(*rate) (StepcastSession *session);
  char *(*title) (StepcastSession *session);
  char *(*progress) (StepcastSession *session);
  char *(*numbers) (StepcastSession *session, const StepcastViewerNumbers *numbers);
  char *(*skipped) (StepcastFrame *frame);
  char *(*log) (const char *line);
  char *(*error) (const StepcastRequest *request, const char *id, const GError *error);
} StepcastDialect;

#define STEPCAST_N_DIALECTS 2

extern const StepcastDialect stepcast_plain_dialect;
extern const StepcastDialect stepcast_v1_dialect;

G_END_DECLS
