"""A mail server of another project (aiosmtpd): takes what is sent, or does what the file `behave` says.

Usage: mail_server.py FOLDER implicit|starttls|plain CERTIFICATE KEY [PORT]. Prints its port when it listens. Every message
that it takes is a file of the folder: as JSON with what a reader sees, and as it came.
"""

import asyncio
import email
import email.policy
import itertools
import json
import logging
import pathlib
import ssl
import sys
import warnings

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

# It warns of what this test wants: accounts over a connection that is TLS from its first byte.
warnings.simplefilter("ignore")
logging.disable(logging.WARNING)

folder, mode, certificate, key = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
port = int(sys.argv[5]) if len(sys.argv) > 5 else 0
numbers = itertools.count(1)


class Handler:
    async def handle_DATA(self, server, session, envelope):
        behave = folder / "behave"
        words = behave.read_text() if behave.exists() else ""
        if words == "hang":
            (folder / "hanging").touch()
            await asyncio.sleep(3600)
        if words:
            return words
        message = email.message_from_bytes(envelope.original_content, policy=email.policy.default)
        seen = {
            "user": session.auth_data.login.decode() if session.auth_data else None,
            "is_tls": server.transport.get_extra_info("sslcontext") is not None,
            "envelope": [envelope.mail_from, *envelope.rcpt_tos],
            "headers": {name.lower(): str(value) for name, value in message.items()},
            "body": message.get_content(),
        }
        name = f"{next(numbers):03}"
        (folder / f"{name}.eml").write_bytes(envelope.original_content)
        (folder / f"{name}.new").write_text(json.dumps(seen, ensure_ascii=False))
        (folder / f"{name}.new").rename(folder / f"{name}.json")
        return "250 taken"


def authenticate(server, session, envelope, mechanism, data):
    good = isinstance(data, LoginPassword) and data.password == b"correct horse"
    return AuthResult(success=good, handled=True, auth_data=data)


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)


def session():
    return SMTP(
        Handler(),
        hostname="mail.test",
        enable_SMTPUTF8=True,
        tls_context=context if mode == "starttls" else None,
        require_starttls=mode == "starttls",
        auth_required=mode != "plain",
        auth_require_tls=mode == "starttls",
        authenticator=authenticate,
    )


async def main():
    tls = context if mode == "implicit" else None
    server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", port, ssl=tls)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
