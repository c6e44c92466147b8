"""Any OpenAI-compatible endpoint (DeepSeek, Qwen, vLLM, Ollama, llama.cpp …) through llama-index's OpenAILike."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from assistant.wording.language_model import LanguageModel, Message, ModelFault

#: Seconds until a connection must stand: a dead host is known soon, a slow answer is another matter.
CONNECT = 3.0
#: What OpenAILike believes fits into the model; our prompts are a few thousand tokens.
CONTEXT = 32_768
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_LONGEST_WAIT = 3600.0


def _wait(headers: Mapping[str, str]) -> float | None:
    """Seconds of a Retry-After header; a date there counts as nothing said."""
    try:
        return min(max(float(headers.get("retry-after", "")), 0.0), _LONGEST_WAIT)
    except ValueError:
        return None


class Endpoint(LanguageModel):
    """One model at `base_url`. key: never shown or logged. quiet: seconds without a piece after which a reply has failed.

    extra: further fields of the request, for instance to switch a model's reasoning off.
    """

    def __init__(self, base_url: str, model: str, key: str, quiet: float, extra: Mapping[str, Any] | None = None) -> None:
        # Imported here: 3 seconds that only a deployment with a language model shall pay.
        import httpx
        import openai
        from llama_index.core.base.llms.types import ChatMessage, MessageRole
        from llama_index.llms.openai_like import OpenAILike

        self.name = model
        self._openai, self._httpx = openai, httpx
        self._message, self._roles = ChatMessage, {"system": MessageRole.SYSTEM, "user": MessageRole.USER}
        def bounded(response: httpx.Response) -> None:
            """Give up a response that goes on too long: comments and empty events would keep it open for ever."""
            source, until = response.stream, time.monotonic() + quiet

            class Bounded(httpx.SyncByteStream):
                def __iter__(self) -> Iterator[bytes]:
                    for chunk in source:  # type: ignore[union-attr]
                        if time.monotonic() > until:
                            raise httpx.ReadTimeout("the reply went on too long")
                        yield chunk

                def close(self) -> None:
                    source.close()  # type: ignore[union-attr]

            response.stream = Bounded()

        # A proxy of the environment would be asked for 127.0.0.1 too.
        client = httpx.Client(event_hooks={"response": [bounded]}, timeout=httpx.Timeout(quiet, connect=min(CONNECT, quiet)),
                              trust_env=urlsplit(base_url).hostname not in _LOOPBACK)
        self._model = OpenAILike(
            model=model, api_base=base_url, api_key=key or "none", is_chat_model=True, context_window=CONTEXT, temperature=0.0,
            max_retries=0, timeout=quiet, http_client=client, additional_kwargs={"extra_body": dict(extra)} if extra else {})

    def reply(self, messages: Sequence[Message], longest: int) -> Iterator[str]:
        said = [self._message(role=self._roles[m.role], content=m.content) for m in messages]
        openai, httpx = self._openai, self._httpx
        try:
            finished = False
            stream = self._model.stream_chat(said, max_tokens=longest)
            for response in stream:
                choices = getattr(response.raw, "choices", None) or ()
                finished = finished or any(choice.finish_reason for choice in choices)
                yield response.delta or ""
            if not finished:
                raise ModelFault("malformed", "the reply broke off")
        except openai.AuthenticationError as error:
            raise ModelFault("unauthorised", f"HTTP {error.status_code}") from None
        except openai.PermissionDeniedError as error:
            raise ModelFault("unauthorised", f"HTTP {error.status_code}") from None
        except openai.RateLimitError as error:
            raise ModelFault("rate-limit", f"HTTP {error.status_code}", _wait(error.response.headers)) from None
        except openai.APIStatusError as error:
            raise ModelFault("server-error", f"HTTP {error.status_code}", _wait(error.response.headers)) from None
        except (httpx.InvalidURL, UnicodeError) as error:
            raise ModelFault("down", type(error).__name__) from None
        except (openai.APITimeoutError, httpx.TimeoutException):
            raise ModelFault("slow", "no piece within the time") from None
        except (json.JSONDecodeError, openai.APIResponseValidationError, httpx.RemoteProtocolError, IndexError, TypeError,
                AttributeError, KeyError, ValueError) as error:
            # What the libraries raise on streams that are no streams differs by the way in which they are none.
            raise ModelFault("malformed", type(error).__name__) from None
        except (openai.APIConnectionError, httpx.HTTPError) as error:
            raise ModelFault("down", type(error).__name__) from None
        except openai.APIError as error:  # an error object inside the stream
            raise ModelFault("server-error", type(error).__name__) from None
