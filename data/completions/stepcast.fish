# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later

# fish completion for stepcast. The words come from "stepcast complete", which starts no service.

# The words after the command that are no options.
function __stepcast_arguments
    set -l words (commandline -opc)
    for word in $words[3..-1]
        string match -q -- '-*' $word; or echo $word
    end
end

function __stepcast_command
    set -l words (commandline -opc)
    test (count $words) -ge 2; and contains -- $words[2] $argv
end

function __stepcast_is_first
    test (count (commandline -opc)) -eq 1
end

function __stepcast_lacks_argument
    test (count (__stepcast_arguments)) -eq 0
end

function __stepcast_has_separator
    contains -- -- (commandline -opc)
end

function __stepcast_run_words
    set -l arguments (__stepcast_arguments)
    if test (count $arguments) -eq 0
        stepcast complete generators 2>/dev/null
    else
        stepcast complete parameters $arguments[1] 2>/dev/null | string replace -r '$' =
    end
end

function __stepcast_set_words
    set -l arguments (__stepcast_arguments)
    if test (count $arguments) -eq 0
        stepcast complete sessions 2>/dev/null
        stepcast complete session-parameters 2>/dev/null | string replace -r '$' =
    else if string match -q -- '*=*' $arguments[1]
        stepcast complete session-parameters 2>/dev/null | string replace -r '$' =
    else
        stepcast complete session-parameters $arguments[1] 2>/dev/null | string replace -r '$' =
    end
end

complete -c stepcast -f
complete -c stepcast -n __stepcast_is_first -a '(stepcast complete commands 2>/dev/null)'
complete -c stepcast -n __stepcast_is_first -l version -d 'Print the versions'
complete -c stepcast -n 'not __stepcast_has_separator' -s h -l help -d 'Show help'
complete -c stepcast -n 'not __stepcast_is_first; and not __stepcast_has_separator' -l json \
    -d 'Print JSON, one object a line'

complete -c stepcast -n '__stepcast_command run; and not __stepcast_has_separator' -a '(__stepcast_run_words)'
complete -c stepcast -n '__stepcast_command run; and __stepcast_has_separator' -F
complete -c stepcast -n '__stepcast_command set' -a '(__stepcast_set_words)'
complete -c stepcast -n '__stepcast_command generators; and __stepcast_lacks_argument' \
    -a '(stepcast complete generators 2>/dev/null)'
complete -c stepcast -n '__stepcast_command status start stop pause resume step show open link close; and __stepcast_lacks_argument' \
    -a '(stepcast complete sessions 2>/dev/null)'
complete -c stepcast -n '__stepcast_command show' -F
complete -c stepcast -n '__stepcast_command help' -a '(stepcast complete commands 2>/dev/null)'

set -l run '__stepcast_command run; and not __stepcast_has_separator'
complete -c stepcast -n $run -s o -l open -d 'Open it in the browser'
complete -c stepcast -n $run -s d -l detach -d 'Print its name and its link, and leave it running'
complete -c stepcast -n $run -s k -l keep -d 'Do not close the session at the end'
complete -c stepcast -n $run -l output -r -F -d 'Keep the last picture in a file'
complete -c stepcast -n $run -l from -r -F -d 'Compute a saved picture again'
complete -c stepcast -n $run -s n -l steps -x -d 'Stop after so many steps'
complete -c stepcast -n $run -s r -l rate -x -d 'So many steps a second at most'
complete -c stepcast -n $run -l name -x -d 'Call the session so'
complete -c stepcast -n $run -l when-unwatched -x -a 'run pause stop' -d 'What it does when all viewers have gone'
complete -c stepcast -n $run -l grace -x -d 'How long after that'
complete -c stepcast -n $run -l cwd -x -a '(__fish_complete_directories)' -d 'Run the program in this folder'
complete -c stepcast -n $run -l env -x -d 'Set a variable for the program'
complete -c stepcast -n $run -l pty -d 'Let the program write to a terminal'
complete -c stepcast -n $run -l max-frame-bytes -x -d 'The longest document'
complete -c stepcast -n $run -l max-frame-elements -x -d 'The most elements in a document'
complete -c stepcast -n $run -l max-memory-bytes -x -d 'The most memory'
complete -c stepcast -n $run -l max-cpu-seconds -x -d 'The most processor time'
complete -c stepcast -n '__stepcast_command status' -s f -l follow -d 'A line with each change'
complete -c stepcast -n '__stepcast_command show' -l format -x -a 'svg png' -d 'The format'
complete -c stepcast -n '__stepcast_command show' -l width -x -d 'In pixels'
complete -c stepcast -n '__stepcast_command open link' -l view -d 'For those who may only look'
complete -c stepcast -n '__stepcast_command close' -s a -l all -d 'Close all sessions'
