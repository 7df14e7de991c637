import pytest
from fakes.delivering import LAWN


def sent(served, key="operator", **headers):
    return {"X-API-Key": served.keys[key], **headers}


def test_an_operator_who_cancels_an_order_that_is_not_there_is_told_so(served):
    answer = served.client.post("/api/v1/orders/O-77777/cancel", headers=sent(served))
    assert (answer.status_code, answer.json()["error"]) == (404, "unknown_order")


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/api/v1/orders", "GET, POST"), ("/api/v1/points/lawn", "GET, PATCH"), ("/health", "GET")],
)
def test_a_method_that_is_none_is_told_all_that_are(served, path, allowed):
    answer = served.client.options(path)
    assert (answer.status_code, answer.headers["Allow"]) == (405, allowed)


def test_a_count_written_as_2_0_is_2_and_2_5_is_none(served):
    statuses = []
    for number, count in enumerate((2.0, 2.5)):
        wish = {"point": LAWN.id, "lines": [{"item": "coffee", "count": count}]}
        headers = sent(served, **{"Idempotency-Key": f"0123456789abcde{number}"})
        statuses.append(served.client.post("/api/v1/orders", json=wish, headers=headers).status_code)
    assert statuses == [201, 422]


def test_the_openapi_page_says_that_every_refusal_is_a_problem_in_json(served):
    page = served.client.get("/openapi.json").json()
    for operations in page["paths"].values():
        for operation in operations.values():
            for code, answer in operation["responses"].items():
                if code >= "4":
                    assert list(answer["content"]) == ["application/json"]
                    assert answer["content"]["application/json"]["schema"]["$ref"].endswith("/Problem")


def test_the_openapi_page_says_what_needs_no_key(served):
    page = served.client.get("/openapi.json").json()
    free = {path for path, o in page["paths"].items() if {} in o.get("get", {}).get("security", [])}
    assert {"/api/v1/goods", "/api/v1/points", "/p/{point}"} <= free
    assert "/api/v1/orders" not in free
    assert served.client.get("/api/v1/goods").status_code == 200
