// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.Ed25519Signer;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.OctetKeyPairGenerator;
import com.nimbusds.jose.jwk.gen.OctetSequenceKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;

/** Tokens as Nimbus makes them, and the keys to check them with: {"jwks": …, "tokens": {algorithm: token}}. */
public class Issuer {
    private static final List<JWK> keys = new ArrayList<>();
    private static final List<String> tokens = new ArrayList<>();

    private static void issue(JWSAlgorithm algorithm, JWK key, JWSSigner signer) throws Exception {
        Date now = new Date();
        JWTClaimsSet claims = new JWTClaimsSet.Builder().subject("alice").issueTime(now)
            .expirationTime(new Date(now.getTime() + 600_000)).build();
        SignedJWT token = new SignedJWT(
            new JWSHeader.Builder(algorithm).keyID(key.getKeyID()).type(JOSEObjectType.JWT).build(), claims);
        token.sign(signer);
        // A secret is all there is of its key.
        keys.add(key.toPublicJWK() == null ? key : key.toPublicJWK());
        tokens.add("\"" + algorithm + "\": \"" + token.serialize() + "\"");
    }

    public static void main(String[] args) throws Exception {
        // As Entra, without the algorithm.
        var rsa = new RSAKeyGenerator(2048).keyID("rsa").keyUse(KeyUse.SIGNATURE).generate();
        issue(JWSAlgorithm.RS256, rsa, new RSASSASigner(rsa));
        var pss = new RSAKeyGenerator(3072).keyID("pss").algorithm(JWSAlgorithm.PS256).generate();
        issue(JWSAlgorithm.PS256, pss, new RSASSASigner(pss));
        var ec = new ECKeyGenerator(Curve.P_256).keyID("ec").generate();
        issue(JWSAlgorithm.ES256, ec, new ECDSASigner(ec));
        var ed = new OctetKeyPairGenerator(Curve.Ed25519).keyID("ed").generate();
        issue(JWSAlgorithm.Ed25519, ed, new Ed25519Signer(ed));
        var secret = new OctetSequenceKeyGenerator(256).keyID("secret").algorithm(JWSAlgorithm.HS256).generate();
        issue(JWSAlgorithm.HS256, secret, new MACSigner(secret));
        System.out.println("{\"jwks\": " + new JWKSet(keys).toString(false) + ", \"tokens\": {" + String.join(", ", tokens) + "}}");
    }
}
