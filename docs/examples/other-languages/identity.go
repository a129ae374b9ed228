// Package identity verifies Latchkey's identity tokens with the standard library alone. Any JOSE
// library does the same; Verify shows the necessary checks.
package identity

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Principal is the caller. Issuer and Subject together identify it: two issuers may use one subject.
type Principal struct {
	Issuer  string   `json:"issuer"`
	Subject string   `json:"subject"`
	UserID  string   `json:"user_id"`
	Scopes  []string `json:"scopes"`
}

// Verifier verifies tokens of one issuer for one audience. Set both.
type Verifier struct {
	Issuer, Audience string

	mutex   sync.Mutex
	keys    map[string]ed25519.PublicKey
	fetched time.Time
}

var errInvalid = errors.New("not a valid identity token")

// Verify verifies the value of X-Identity.
func (v *Verifier) Verify(token string) (*Principal, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 || v.Issuer == "" || v.Audience == "" {
		return nil, errInvalid
	}
	var header struct{ Alg, Kid, Typ string }
	// Other tokens of Latchkey and other algorithms are refused.
	if decode(parts[0], &header) != nil || header.Typ != "identity+jwt" || header.Alg != "EdDSA" {
		return nil, errInvalid
	}
	key, err := v.key(header.Kid)
	if err != nil {
		return nil, err
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || key == nil || !ed25519.Verify(key, []byte(parts[0]+"."+parts[1]), signature) {
		return nil, errInvalid
	}
	var claims struct {
		Iss, Sub, Aud, Scope string
		UserID               string `json:"user_id"`
		Iat, Exp             int64
		SubID                struct{ Iss, Sub string } `json:"sub_id"`
	}
	if decode(parts[1], &claims) != nil ||
		claims.Iss != v.Issuer || claims.Aud != v.Audience ||
		claims.Exp <= time.Now().Unix() || claims.Exp-claims.Iat > 60 ||
		claims.Sub == "" || claims.SubID.Iss == "" || claims.SubID.Sub != claims.Sub {
		return nil, errInvalid
	}
	return &Principal{claims.SubID.Iss, claims.Sub, claims.UserID, strings.Fields(claims.Scope)}, nil
}

// key returns nil if there is no such key. Keys are kept for five minutes; an unknown key is fetched, at
// most every ten seconds.
func (v *Verifier) key(id string) (ed25519.PublicKey, error) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	age := time.Since(v.fetched)
	if key := v.keys[id]; key != nil && age < 5*time.Minute {
		return key, nil
	}
	if age < 10*time.Second {
		return nil, nil
	}
	client := http.Client{Timeout: 5 * time.Second}
	response, err := client.Get(v.Issuer + "/.well-known/jwks.json")
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	var set struct{ Keys []struct{ Kid, Crv, X string } }
	if response.StatusCode != 200 || json.NewDecoder(response.Body).Decode(&set) != nil {
		return nil, fmt.Errorf("the keys cannot be had: %s", response.Status)
	}
	v.keys, v.fetched = map[string]ed25519.PublicKey{}, time.Now()
	for _, jwk := range set.Keys {
		x, err := base64.RawURLEncoding.DecodeString(jwk.X)
		if err == nil && jwk.Crv == "Ed25519" && len(x) == ed25519.PublicKeySize {
			v.keys[jwk.Kid] = x
		}
	}
	return v.keys[id], nil
}

func decode(part string, into any) error {
	text, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}
