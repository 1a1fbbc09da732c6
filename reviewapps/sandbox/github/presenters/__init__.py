"""Values as the JSON that GitHub's OpenAPI description demands."""
