#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The completions of bash, zsh and fish, in these shells, against a real service."""

import asyncio
import os
import pathlib
import shutil
import unittest

from stepcast import main, within
from test_cli import STEPCAST, CliTestCase

COMPLETIONS = pathlib.Path(os.environ.get(
    'STEPCAST_COMPLETIONS', pathlib.Path(__file__).parents[2] / 'data' / 'completions'))

# Calls the function as bash does, for the words that it gets.
BASH = r'''
source "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_stepcast
printf '%s\n' "${COMPREPLY[@]}"
'''

# For a zsh in a terminal: writes what would be offered for the line that is typed.
ZSH_SETUP = r"""
PS1= PS2= RPS1=
fpath=($COMPLETIONS $fpath)
autoload -Uz compinit
compinit -D -u
compadd () {
  # The names are not those of its callers, which it sees. Calls that only filter an array add no matches.
  if (( ! ${@[(I)-[ODA]]} )); then
    local -a __offered __suffix
    local __word
    zparseopts -E -a __suffix S:
    builtin compadd -O __offered "$@"
    for __word in $__offered; do print -r -- "MATCH <$__word${__suffix[2]}>" >> $OUT; done
  fi
  builtin compadd "$@"
}
zle -C offer complete-word _main_complete
report () {
  zle offer
  print END >> $OUT
}
zle -N report
bindkey '^I' report
print READY >> $OUT
"""

# Types the line in such a zsh, and presses Tab.
ZSH = r"""
zmodload zsh/zpty
until_written () {
  repeat 1000; do
    [[ -e $OUT ]] && grep -q "^$1" $OUT && return
    zpty -r -t it > /dev/null
    sleep 0.01
  done
}
zpty -b it zsh -f -i
zpty -w it "source $SETUP"
until_written READY
zpty -w -n it "$LINE"$'\t'
until_written END
zpty -d it
"""


class Completions(CliTestCase):
    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.env['PATH'] = f'{pathlib.Path(STEPCAST).parent}:/usr/bin:/bin'

    async def run_shell(self, *command, **env):
        process = await asyncio.create_subprocess_exec(
            *map(str, command), stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE, env={**self.env, **env}, cwd=self.directory)
        out, err = await within(process.communicate(), f'the end of {command[0]}')
        self.assertEqual(err.decode(), '')
        return out.decode().split()

    async def check(self, complete):
        """What each shell has to know; @complete takes the words, the last of which is begun."""
        self.assertEqual(await complete('sta'), {'start', 'status'})
        self.assertEqual(await complete('run', 'gray'), {'gray-scott'})
        self.assertEqual(await complete('stop', ''), set())
        await self.open('one', 'gray-scott')
        await self.open('other', 'attractor')
        self.assertEqual(await complete('stop', ''), {'one', 'other'})
        self.assertEqual(await complete('stop', 'ot'), {'other'})
        self.assertEqual(await complete('stop', 'one', ''), set())
        self.assertEqual(await complete('run', 'gray-scott', 'fe'), {'feed='})
        self.assertEqual(await complete('set', 'one', 'ki'), {'kill='})
        self.assertEqual(await complete('run', '--det'), {'--detach'})
        for option in ('--when-unwatched', '--grace'):
            self.assertEqual({word.rstrip('=') for word in await complete('run', option[:5])},
                             {option})
        self.assertEqual(await complete('generators', 'attr'), {'attractor'})

    @unittest.skipUnless(shutil.which('bash'), 'there is no bash')
    async def test_bash(self):
        async def complete(*words):
            return set(await self.run_shell('bash', '--norc', '-c', BASH, 'bash',
                                            COMPLETIONS / 'stepcast.bash', 'stepcast', *words))
        await self.check(complete)
        self.assertEqual(await complete('run', '--', 'tru'), {'true', 'truncate'})
        (self.directory / 'last.svg').touch()
        for words in (['--output', 'la'], ['--output', '=', 'la'], ['--output', '='], ['--from', 'la']):
            self.assertIn('last.svg', await complete('run', *words))
        self.assertEqual(await complete('show', '--format', '=', 'p'), {'png'})
        self.assertEqual(await complete('run', '--when-unwatched', '=', ''),
                         {'run', 'pause', 'stop'})
        self.assertEqual(await complete('run', '--when-unwatched', '=', 'p'), {'pause'})
        self.assertEqual(await complete('run', 'gray-scott', 'feed', '='), set())

    @unittest.skipUnless(shutil.which('fish'), 'there is no fish')
    async def test_fish(self):
        async def complete(*words):
            line = ' '.join(['stepcast', *words])
            lines = await self.run_shell(
                'fish', '--no-config', '-c',
                f'source {COMPLETIONS}/stepcast.fish; '
                f'complete -C "{line}" | string replace -r "\\t.*" ""')
            return set(lines)
        await self.check(complete)

    @unittest.skipUnless(shutil.which('zsh'), 'there is no zsh')
    async def test_zsh(self):
        matches = self.directory / 'matches'
        setup = self.directory / 'setup'
        setup.write_text(ZSH_SETUP)

        async def complete(*words):
            matches.unlink(missing_ok=True)
            await self.run_shell('zsh', '-f', '-c', ZSH, COMPLETIONS=str(COMPLETIONS),
                                 SETUP=str(setup), OUT=str(matches),
                                 LINE=' '.join(['stepcast', *words]))
            lines = matches.read_text().splitlines()
            self.assertEqual(lines[-1], 'END')
            found = {line[len('MATCH <'):-1] for line in lines if line.startswith('MATCH <')}
            # Where nothing else is left, zsh offers options.
            return found if words[-1] else {word for word in found if word[0] != '-'}
        await self.check(complete)


if __name__ == '__main__':
    main()
