/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-allowance.h"
#include "stepcast-changes.h"
#include "stepcast-drawings.h"
#include "stepcast-followers.h"
#include "stepcast-hold.h"
#include "stepcast-recipe.h"
#include "stepcast-session-state.h"
#include "stepcast-stops.h"
#include "stepcast-tally.h"
#include "stepcast-unwatched.h"

G_BEGIN_DECLS

/* For three files: stepcast-session.c, which alone changes what is in here; what front ends ask
 * for, in stepcast-session-requests.c; and stepcast-session-info.c, which tells of it. */

struct _StepcastSession
{
  GObject parent_instance;

  char *name;
  StepcastSource *source;
  guint stop_deadline_ms;
  guint draw_deadline_ms;

  StepcastSessionState state;
  GError *reason;   /* (nullable): why it failed */
  StepcastRun *run; /* (nullable): the present or the last one; NULL once it was given up */
  guint run_number;
  StepcastProgress progress;
  gboolean is_drawing;    /* what is under way draws a state that stands still */
  gboolean is_undrawable; /* the present state was tried, and could not be drawn */
  gboolean is_telling;    /* of a homecoming: nothing is let go before all have been told */
  gboolean starts_again;  /* while stopping: "start" came after "stop" */

  StepcastAllowance allowance;  /* how far the run may go, and how fast */
  StepcastTally tally;          /* how much was done, and how fast */
  StepcastFollowers *followers; /* who takes its frames */
  StepcastHold hold;            /* by one of them */
  StepcastUnwatched *unwatched; /* what happens when they have gone */
  StepcastChanges *changes;     /* its parameters, and who wants others */
  StepcastRecipe *recipe;       /* (nullable): of the present or the last run */
  StepcastDrawings *drawings;   /* its latest frame, and who wants another */
  StepcastStops *stops;         /* who waits for the standstill */

  StepcastActor *next_actor; /* (nullable): who makes the next request */
  StepcastActor *actor;      /* (nullable): whose request made the present state */
  StepcastActor *restarter;  /* (nullable): of "start" after "stop" */
  StepcastActor *rate_actor; /* (nullable): who set the rate last */
};

gboolean stepcast_session_carry_out (StepcastSession *self,
                                     StepcastSessionRequest request,
                                     guint64 n_steps,
                                     GError **error);

G_END_DECLS
