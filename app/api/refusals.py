"""How the API says no, told once for all operations of its description: RFC 9457, with a remedy."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel, Field

MEDIA_TYPE = "application/problem+json"

WHY = {
    400: "The body cannot be read as what its content type says.",
    401: "Nobody is logged in, or the key is not valid (any more).",
    403: "The role may not do this.",
    404: "There is no such thing.",
    409: "Something else was there first, or came between; nothing was changed.",
    413: "The request is too large.",
    422: "What was asked for cannot be done, or does not fit this description.",
    429: "Too many requests with this key; `Retry-After` says when to ask again.",
    500: "Something went wrong here.",
    503: "The app database does not answer.",
}
ANY = (400, 401, 403, 413, 422, 500, 503)
"""Whatever is asked for."""

SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An API key."},
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}


class Problem(BaseModel):
    """Why nothing came of a request: what happened, and what to do about it."""

    type: str
    title: str = Field(min_length=1)
    status: int = Field(ge=400, le=599)
    detail: str = Field(min_length=1, description="What happened, in a sentence.")
    remedy: str = Field(min_length=1, description="What to do next.")


def refuses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a router or an operation that may refuse with these."""
    schema = {"$ref": f"#/components/schemas/{Problem.__name__}"}
    content = {MEDIA_TYPE: {"schema": schema}}
    return {status: {"description": WHY[status], "content": content} for status in statuses}


class DescribedApi(FastAPI):
    """FastAPI whose description says who may call, and names the model of refusals."""

    def openapi(self) -> dict[str, Any]:
        document = super().openapi()
        parts = document.setdefault("components", {})
        if "securitySchemes" not in parts:
            parts["schemas"] = {**parts.get("schemas", {}), "Problem": Problem.model_json_schema()}
            parts["securitySchemes"] = SECURITY
            document["security"] = [{name: []} for name in SECURITY]
            for operations in document["paths"].values():
                # Reading changes nothing, so that nothing can have come between.
                operations.get("get", {}).get("responses", {}).pop("409", None)
        return document
