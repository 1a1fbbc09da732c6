"""What the Cloud Controller says when it says no: code, title and text, each as the real one has them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class ApiError(Exception):
    """An answer that is not the one that was asked for."""

    status: int
    code: int
    title: str
    detail: str

    def body(self) -> dict[str, list[dict[str, object]]]:
        """The answer's JSON."""
        return {"errors": [self.entry()]}

    def entry(self) -> dict[str, object]:
        """One entry of ``errors``, as answers and failed jobs have them."""
        return {"code": self.code, "title": f"CF-{self.title}", "detail": self.detail}


def unprocessable(detail: str) -> ApiError:
    return ApiError(422, 10008, "UnprocessableEntity", detail)


def not_found(noun: str) -> ApiError:
    """``noun`` starts the sentence: "App not found"."""
    return ApiError(404, 10010, "ResourceNotFound", f"{noun} not found")


def unknown_request() -> ApiError:
    return ApiError(404, 10000, "NotFound", "Unknown request")


def not_authorized() -> ApiError:
    return ApiError(403, 10003, "NotAuthorized", "You are not authorized to perform the requested action")


def not_authenticated() -> ApiError:
    return ApiError(401, 10002, "NotAuthenticated", "Authentication error")


def invalid_token() -> ApiError:
    return ApiError(401, 1000, "InvalidAuthToken", "Invalid Auth Token")


def bad_query(detail: str) -> ApiError:
    return ApiError(400, 10005, "BadQueryParameter", f"The query parameter is invalid: {detail}")


def bad_request(detail: str) -> ApiError:
    return ApiError(400, 1004, "BadRequest", f"Bad request: {detail}")


def unreadable_body() -> ApiError:
    return ApiError(
        400, 1001, "MessageParseError", "Request invalid due to parse error: invalid request body"
    )


def name_taken(detail: str) -> ApiError:
    return ApiError(422, 10016, "UniquenessError", detail)


def bits_already_uploaded() -> ApiError:
    detail = "Bits may be uploaded only once. Create a new package to upload different bits."
    return ApiError(400, 150004, "PackageBitsAlreadyUploaded", detail)


def upload_invalid(detail: str) -> ApiError:
    return ApiError(400, 160001, "AppBitsUploadInvalid", f"The app upload is invalid: {detail}")


def too_large() -> ApiError:
    return ApiError(413, 1004, "BadRequest", "Bad request: Request Entity Too Large")


def staging_in_progress() -> ApiError:
    return ApiError(
        422, 170017, "StagingInProgress", "Only one build can be STAGING at a time per application."
    )


def unable_to_perform(verb: str, reason: str) -> ApiError:
    """What a job says that failed at a broker."""
    return ApiError(400, 10009, "UnableToPerform", f"{verb} could not be completed: {reason}")


def instance_in_progress(name: str) -> ApiError:
    detail = f"An operation for service instance {name} is in progress."
    return ApiError(409, 60016, "AsyncServiceInstanceOperationInProgress", detail)


def feature_disabled(flag: str) -> ApiError:
    return ApiError(403, 330002, "FeatureDisabled", f"Feature Disabled: {flag}")


def server_error() -> ApiError:
    return ApiError(500, 10001, "UnknownError", "An unknown error occurred.")
