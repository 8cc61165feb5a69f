# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens as PyJWT makes them, and the keys to check them with: {"jwks": …, "tokens": {algorithm: token}}."""
import json
import secrets
import time

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import get_default_algorithms

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
KEYS = {
    "RS256": RSA,
    "PS256": RSA,
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
    "HS256": secrets.token_bytes(32),
}


def jwk_of(name, key):
    algorithm = get_default_algorithms()[name]
    return json.loads(algorithm.to_jwk(key if name == "HS256" else key.public_key())) | {"kid": f"py-{name}", "alg": name}


def main():
    claims = {"sub": "alice", "iat": int(time.time()), "exp": int(time.time()) + 600}
    jwks = []
    for name, key in KEYS.items():
        jwk = jwk_of(name, key)
        jwk.pop("key_ops", None)
        jwks.append(jwk)
    tokens = {name: jwt.encode(claims, key, algorithm=name, headers={"kid": f"py-{name}"}) for name, key in KEYS.items()}
    print(json.dumps({"jwks": {"keys": jwks}, "tokens": tokens}))


main()
