"""The OpenAPI page, said as the service behaves: what needs no key, and that every refusal is JSON."""

from typing import Any

from fastapi import FastAPI

OPEN = {"/api/v1/goods", "/api/v1/points", "/api/v1/points/{point}"}
"""Paths that anyone may look at; a key only counts against another limit."""


def describe(app: FastAPI) -> None:
    """Let `app` give the corrected page at /openapi.json."""
    made = app.openapi

    def corrected() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _corrected(made())
        return app.openapi_schema

    app.openapi = corrected  # type: ignore[method-assign]  # FastAPI's own way to change it


def _corrected(page: dict[str, Any]) -> dict[str, Any]:
    for path, operations in page["paths"].items():
        for method, operation in operations.items():
            if (path in OPEN and method == "get") or path.startswith("/p/"):
                operation["security"] = [*operation.get("security", []), {}]
            for code, answer in operation["responses"].items():
                if code >= "4":
                    answer["content"] = {"application/json": _schema(answer)}
    return page


def _schema(answer: dict[str, Any]) -> dict[str, Any]:
    """What a refusal's body is, whatever its operation gives when all is well."""
    found = (content for content in answer.get("content", {}).values() if "$ref" in content.get("schema", {}))
    return next(found, {"schema": {"$ref": "#/components/schemas/Problem"}})
