"""Verifies Latchkey's identity tokens with PyJWT 2.5 or later and cryptography."""

import jwt

ALGORITHMS = ["EdDSA", "ES256"]


class IdentityVerifier:
    def __init__(self, issuer, audience):
        self.issuer = issuer
        self.audience = audience
        # Keys are kept for five minutes; an unknown key is fetched.
        self.keys = jwt.PyJWKClient(f"{issuer}/.well-known/jwks.json", lifespan=300)

    def verify(self, token):
        """Who asks, from the value of X-Identity. Raises jwt.PyJWTError for any other token."""
        # Other tokens of Latchkey are refused.
        if jwt.get_unverified_header(token).get("typ") != "identity+jwt":
            raise jwt.InvalidTokenError("not an identity token")
        claims = jwt.decode(
            token,
            self.keys.get_signing_key_from_jwt(token).key,
            algorithms=ALGORITHMS,
            issuer=self.issuer,
            audience=self.audience,
            # `iat` may be a moment ahead of this machine's clock.
            options={"require": ["iss", "sub", "aud", "iat", "exp"], "verify_iat": False},
        )
        if claims["exp"] - claims["iat"] > 60 or claims["sub_id"]["sub"] != claims["sub"]:
            raise jwt.InvalidTokenError("not an identity token")
        return {
            # Together they identify the caller: two issuers may use one subject.
            "issuer": claims["sub_id"]["iss"],
            "subject": claims["sub"],
            "user_id": claims["user_id"],
            "scopes": claims["scope"].split(),
            "credential": claims["act"],
        }
