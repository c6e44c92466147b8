"""Everything over HTTP: REST and the desk on FastAPI, the chat page below them, the guard around all of it."""

from __future__ import annotations

import errno
import socket

import gradio as gr
import uvicorn
from fastapi import FastAPI

from assistant.answering.answerer import Answerer
from assistant.assemble import Desk
from assistant.desk.refusals import not_here
from assistant.errors import PortInUse, SettingsError
from assistant.page.events import Asking, History
from assistant.page.layout import ICON, head, make_page, theme
from assistant.service import (
    accounts,
    answers,
    audit,
    call,
    cases,
    desk_pages,
    failures,
    figures,
    gaps,
    handover,
    public,
    replies,
    sign_in,
    timeline,
)
from assistant.service.gate import Gate
from assistant.service.guard import Application, Guard, Receive, Scope, Send
from assistant.service.recording import Recorder
from assistant.types import Answer


async def nothing_here(scope: Scope, receive: Receive, send: Send) -> None:
    """For every address under ours that is no route. Raises NotHere."""
    raise not_here()


def make_service(desk: Desk) -> FastAPI:
    """The REST routes and the desk's pages, without the chat page."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    failures.register(app)
    gate = Gate(desk.accounts)
    for part in (public, sign_in, handover, call, answers, cases, gaps, replies, figures, audit, accounts, timeline):
        app.include_router(part.router(desk, gate))
    app.include_router(desk_pages.router(gate))
    for folder in ("/api", "/desk"):  # else the chat page below would answer there, preflights of other origins included
        app.mount(folder, nothing_here)
    return app


def make_application(desk: Desk) -> Application:
    """The whole application for one library and one database."""
    recorder = Recorder(desk)

    def keep(answerer: Answerer, answer: Answer, history: History, dropped: tuple[str, ...]) -> None:
        recorder.keep(answerer, answer, "page", history, dropped)

    settings = desk.settings
    page = make_page(Asking(desk.live, settings, keep=keep))
    mounted = gr.mount_gradio_app(
        make_service(desk), page, path="/", server_name=settings.host, server_port=settings.port, footer_links=[],
        run_history=False, show_error=False, ssr_mode=False, enable_monitoring=False, pwa=False, mcp_server=False,
        max_file_size=1, favicon_path=str(ICON), theme=theme(), head=head(),
        app_kwargs={"docs_url": None, "redoc_url": None, "openapi_url": None})
    return Guard(mounted)


def listen(host: str, port: int) -> socket.socket:
    """A bound socket. Raises PortInUse when the port is taken, SettingsError when the address cannot be used."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except (socket.gaierror, UnicodeError):
        raise SettingsError(f"HOST is «{host}», which is not an address of this machine.",
                            "Set it to 127.0.0.1, or to 0.0.0.0 to serve the network.") from None
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(128)  # a port that another program holds with the same option is refused here
    except OSError as error:
        bound.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(f"Port {port} on {host} is in use by another program.",
                            "Stop that program, or set PORT to a free port.") from None
        if error.errno == errno.EACCES:
            raise SettingsError(f"This user may not listen on port {port}.", "Set PORT to a number from 1024.") from None
        raise SettingsError(f"The address {host}, port {port} cannot be used ({error.strerror}).",
                            "Set HOST to 127.0.0.1, or to 0.0.0.0 to serve the network.") from None
    return bound


def serve_forever(application: Application, bound: socket.socket) -> None:
    """Serve until Ctrl+C. No access log: who asks what is nobody's business."""
    # Kept open longer than people read an answer: a connection closed just as it is used again looks like a fault.
    config = uvicorn.Config(application, log_level="warning", access_log=False, server_header=False,
                            timeout_graceful_shutdown=3, timeout_keep_alive=75)
    uvicorn.Server(config).run(sockets=[bound])
