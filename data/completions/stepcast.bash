# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash

# bash completion for stepcast. The words come from "stepcast complete", which starts no service.

# Is there already a word that is no option after the command, and which?
_stepcast_argument ()
{
  local i
  for ((i = 2; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
      -*|=) ;;
      *) printf '%s\n' "${COMP_WORDS[i]}"; return ;;
    esac
  done
}

# _stepcast_offer WORDS [SUFFIX]: those that begin as what is typed.
_stepcast_offer ()
{
  local word suffix=${2-}
  while IFS= read -r word; do
    if [[ -n $word && $word == "$cur"* ]]; then
      COMPREPLY+=("$word$suffix")
    fi
  done <<< "$1"
  if [[ -n $suffix ]]; then
    compopt -o nospace 2>/dev/null
  fi
}

# _stepcast_generate ACTION: what bash itself knows.
_stepcast_generate ()
{
  local found
  mapfile -t found < <(compgen "$1" -- "$cur")
  COMPREPLY+=("${found[@]}")
}

_stepcast_files ()
{
  _stepcast_generate "${1--f}"
  compopt -o filenames 2>/dev/null
}

_stepcast ()
{
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
  local command=${COMP_WORDS[1]-} argument program=${COMP_WORDS[0]} options i is_value=''
  COMPREPLY=()

  if [[ $COMP_CWORD -eq 1 ]]; then
    _stepcast_offer "$("$program" complete commands 2>/dev/null)"
    _stepcast_offer $'--help\n--version'
    return
  fi

  # What comes after "--" is another program's.
  if [[ $command == run ]]; then
    for ((i = 2; i < COMP_CWORD; i++)); do
      if [[ ${COMP_WORDS[i]} == -- ]]; then
        if declare -F _command_offset > /dev/null; then
          _command_offset $((i + 1))
        elif [[ $i -eq $((COMP_CWORD - 1)) ]]; then
          _stepcast_generate -c
        else
          _stepcast_files
        fi
        return
      fi
    done
  fi

  # "--output=FILE" comes as three words.
  if [[ $cur == "=" ]]; then
    cur='' is_value=yes
  elif [[ $prev == "=" ]]; then
    prev=${COMP_WORDS[COMP_CWORD - 2]} is_value=yes
  fi
  case $prev in
    --output|--from) _stepcast_files; return ;;
    --cwd) _stepcast_files -d; return ;;
    --when-unwatched) _stepcast_offer $'run\npause\nstop'; return ;;
    --format) _stepcast_offer $'svg\npng'; return ;;
    --env) _stepcast_generate -v; return ;;
  esac
  if [[ -n $is_value ]]; then
    return
  fi

  if [[ $cur == -* ]]; then
    options=$("$program" "$command" --help 2>/dev/null | grep -oE -e '--[a-z][a-z-]*')
    _stepcast_offer "$options"
    return
  fi

  argument=$(_stepcast_argument)
  case $command in
    run)
      if [[ -z $argument ]]; then
        _stepcast_offer "$("$program" complete generators 2>/dev/null)"
      else
        _stepcast_offer "$("$program" complete parameters "$argument" 2>/dev/null)" =
      fi ;;
    generators)
      [[ -n $argument ]] || _stepcast_offer "$("$program" complete generators 2>/dev/null)" ;;
    set)
      if [[ -z $argument ]]; then
        _stepcast_offer "$("$program" complete sessions 2>/dev/null)"
        [[ ${#COMPREPLY[@]} -gt 0 ]] ||
          _stepcast_offer "$("$program" complete session-parameters 2>/dev/null)" =
      else
        _stepcast_offer "$("$program" complete session-parameters "$argument" 2>/dev/null)" =
      fi ;;
    show)
      [[ -n $argument ]] || _stepcast_offer "$("$program" complete sessions 2>/dev/null)"
      _stepcast_files ;;
    help)
      _stepcast_offer "$("$program" complete commands 2>/dev/null)" ;;
    status|start|stop|pause|resume|step|open|link|close)
      [[ -n $argument ]] || _stepcast_offer "$("$program" complete sessions 2>/dev/null)" ;;
  esac
}

complete -F _stepcast stepcast
