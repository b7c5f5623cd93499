# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A session bus of a test's own.

    async with PrivateBus() as bus, Service(env=bus.env) as service:
        ...

Nothing of the user's is seen or touched: the daemon, and what it activates, have directories of
their own. On the way out it and whatever it has activated are gone.
"""

import asyncio
import contextlib
import os
import pathlib
import re
import shutil
import signal
import tempfile

from gi.repository import Gio, GLib

from stepcast import (PATIENCE, STEPCASTD, adopt_orphans, descendants, hear_hangups, is_alive,
                      wait_for, within)

NAME = 'org.stepcast.Stepcast1'
MANAGER_PATH = '/org/stepcast/Stepcast1'

CONFIG = '''<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:dir={directory}</listen>
  <auth>EXTERNAL</auth>
{service_dirs}
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow {receive}/>
    <allow own="*"/>
  </policy>
  <!-- As on a session bus: its limits are no concern of ours. -->
  <limit name="max_incoming_bytes">1000000000</limit>
  <limit name="max_outgoing_bytes">1000000000</limit>
  <limit name="max_message_size">1000000000</limit>
  <limit name="service_start_timeout">120000</limit>
  <limit name="auth_timeout">240000</limit>
  <limit name="max_completed_connections">100000</limit>
  <limit name="max_incomplete_connections">10000</limit>
  <limit name="max_connections_per_user">100000</limit>
  <limit name="max_names_per_connection">50000</limit>
  <limit name="max_match_rules_per_connection">50000</limit>
  <limit name="max_replies_per_connection">50000</limit>
</busconfig>
'''


class PrivateBus:
    """A dbus-daemon. With @activates, the options of a stepcastd, it starts that one when somebody
    calls it; @service_dirs are further folders of `.service` files. What is activated gets @env
    beside the bus's own variables. One that @allows_answers not lets nobody hear anything."""

    def __init__(self, activates=None, service_dirs=(), env=None, allows_answers=True):
        self.activates = activates
        self.service_dirs = [str(path) for path in service_dirs]
        self.extra_env = dict(env or {})
        self.allows_answers = allows_answers
        self.log = []

    async def __aenter__(self):
        adopt_orphans()
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix='stepcast-bus-'))
        self.runtime = self.directory / 'run'
        self.runtime.mkdir(mode=0o700)
        if self.activates is not None:
            self.service_dirs.append(str(self.write_service()))
        dirs = '\n'.join(f'  <servicedir>{path}</servicedir>' for path in self.service_dirs)
        config = self.directory / 'bus.conf'
        config.write_text(CONFIG.format(
            directory=self.directory, service_dirs=dirs,
            receive='eavesdrop="true"' if self.allows_answers else 'send_interface="none.of.any"'))
        await self.launch(config)
        self.client = self.connect() if self.allows_answers else None
        return self

    def write_service(self):
        services = self.directory / 'services'
        services.mkdir()
        command = ' '.join([STEPCASTD, '--dbus-activated', '--port=0', *self.activates])
        (services / f'{NAME}.service').write_text(
            f'[D-BUS Service]\nName={NAME}\nExec={command}\n')
        return services

    async def launch(self, config):
        base = {key: value for key, value in os.environ.items()
                if not key.startswith(('XDG_', 'DBUS_', 'G_MESSAGES', 'PYTHON'))}
        base.update(HOME=str(self.directory), XDG_RUNTIME_DIR=str(self.runtime),
                    XDG_CONFIG_HOME=str(self.directory / 'config'),
                    XDG_CACHE_HOME=str(self.directory / 'cache'),
                    XDG_DATA_HOME=str(self.directory / 'data'),
                    GSETTINGS_BACKEND='memory', LC_ALL='C.UTF-8')
        base['STEPCAST_TEST_MARK'] = self.mark = f'bus-{os.getpid()}-{id(self)}'
        self.process = await asyncio.create_subprocess_exec(
            'dbus-daemon', '--nofork', '--nopidfile', '--print-address', f'--config-file={config}',
            env={**base, **self.extra_env}, stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, cwd=self.directory,
            preexec_fn=hear_hangups)
        self.pid = self.process.pid
        self.reader = asyncio.create_task(self.follow_log())
        try:
            line = await within(self.process.stdout.readline(), 'the address of a bus')
            self.address = line.decode().strip()
            assert self.address, f'a bus that says nothing: {self.log}'
        except BaseException:
            await self.kill()
            raise
        self.env = {'DBUS_SESSION_BUS_ADDRESS': self.address}
        self.client_env = {**base, **self.env}  # for a program that is run beside the bus

    async def follow_log(self):
        """Of the daemon, and of what it has activated."""
        while line := await self.process.stderr.readline():
            self.log.append(line.decode(errors='replace').rstrip('\n'))

    def read_log(self):
        return '\n'.join(self.log)

    async def __aexit__(self, *_):
        await self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def activated(self):
        """What it has started, directly or not, and lives."""
        def is_of_ours(pid):
            try:
                return self.mark.encode() in pathlib.Path(f'/proc/{pid}/environ').read_bytes()
            except OSError:
                return False

        return [pid for pid in descendants(os.getpid()) if pid != self.pid and is_of_ours(pid)]

    async def end(self):
        """The bus goes, and nobody is told before; what it has activated may see it."""
        if self.process.returncode is None:
            self.process.kill()
        await within(self.process.wait(), 'the end of the bus')

    async def kill(self):
        """The bus goes, with all that it has activated."""
        left = {*descendants(self.pid), *self.activated()}
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()
        for pid in left | set(self.activated()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        await wait_for(lambda: not [pid for pid in left if is_alive(pid)], 'the end of its services')
        self.reader.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.reader
        self.process._transport.close()

    async def run(self, *command, stdin=None, check=True):
        """Runs a client to its end: its standard output or, where it may fail, (status, stdout,
        stderr)."""
        process = await asyncio.create_subprocess_exec(
            *map(str, command), env=self.client_env,
            stdin=asyncio.subprocess.PIPE if stdin is not None else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
        try:
            out, err = await within(process.communicate(stdin), f'the end of {command}')
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if not check:
            return process.returncode, out.decode(), err.decode()
        assert process.returncode == 0, f'{command}: {process.returncode}: {out} {err}'
        return out.decode()

    @property
    def socket_path(self):
        return re.search(r'path=([^,]+)', self.address).group(1)

    # ---- a client ----

    def connect(self):
        """A connection of its own; the bus forgets it when it is closed."""
        flags = Gio.DBusConnectionFlags
        connection = Gio.DBusConnection.new_for_address_sync(
            self.address, flags.AUTHENTICATION_CLIENT | flags.MESSAGE_BUS_CONNECTION, None, None)
        connection.set_exit_on_close(False)
        return connection

    async def call(self, method, signature='()', arguments=(), path=MANAGER_PATH, interface=None,
                   name=NAME, connection=None, patience=PATIENCE):
        """What the method answers, as Python has it; GLib.Error where that is an error."""
        interface = interface or f'{NAME}.Manager'
        reply = await asyncio.to_thread(
            (connection or self.client).call_sync, name, path, interface, method,
            GLib.Variant(signature, arguments), None, Gio.DBusCallFlags.NONE,
            int(patience * 1000), None)
        return reply.unpack()

    async def get(self, name, path=MANAGER_PATH, interface=f'{NAME}.Manager', **options):
        """A property."""
        return (await self.call('Get', '(ss)', (interface, name), path,
                                'org.freedesktop.DBus.Properties', **options))[0]

    async def has_owner(self, name=NAME):
        return (await self.call('NameHasOwner', '(s)', (name,), '/org/freedesktop/DBus',
                                'org.freedesktop.DBus', 'org.freedesktop.DBus'))[0]
