"""A local OpenID provider: real tokens by real flows for people without passwords; never for production."""
