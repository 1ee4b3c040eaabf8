package webpush_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

// The browser of RFC 8291, appendix A.
const (
	browserPrivate = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
	browserPublic  = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
	browserAuth    = "BTBZMqHH6r4Tts7J_aSIgg"
)

// decrypt does what a browser does with the body of a push message: RFC 8291,
// 3.4 over RFC 8188, 2, for a message of one record.
func decrypt(body []byte) ([]byte, error) {
	const salt, size, length = 16, 4, 1 // the header's fields, in bytes
	if len(body) < salt+size+length || len(body) < salt+size+length+int(body[salt+size]) {
		return nil, errors.New("no header")
	}
	if records := binary.BigEndian.Uint32(body[salt:]); int(records) < len(body)-salt-size-length-int(body[salt+size]) {
		return nil, errors.New("more than one record")
	}
	sender, text := body[salt+size+length:][:body[salt+size]], body[salt+size+length+int(body[salt+size]):]
	shared, err := secret(sender)
	if err != nil {
		return nil, err
	}
	key, err := hkdf.Key(sha256.New, shared, body[:salt], "Content-Encoding: aes128gcm\x00", 16)
	if err != nil {
		return nil, err
	}
	nonce, err := hkdf.Key(sha256.New, shared, body[:salt], "Content-Encoding: nonce\x00", 12)
	if err != nil {
		return nil, err
	}
	return open(key, nonce, text)
}

// secret gives what both sides know, of the sender's public key.
func secret(sender []byte) ([]byte, error) {
	private, err := ecdh.P256().NewPrivateKey(raw(browserPrivate))
	if err != nil {
		return nil, err
	}
	public, err := ecdh.P256().NewPublicKey(sender)
	if err != nil {
		return nil, err
	}
	agreed, err := private.ECDH(public)
	if err != nil {
		return nil, err
	}
	info := "WebPush: info\x00" + string(private.PublicKey().Bytes()) + string(sender)
	return hkdf.Key(sha256.New, agreed, raw(browserAuth), info, 32)
}

// open decrypts the last record and takes its padding off.
func open(key, nonce, text []byte) ([]byte, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	padded, err := gcm.Open(nil, nonce, text, nil)
	if err != nil {
		return nil, err
	}
	for i := len(padded) - 1; i >= 0; i-- {
		switch padded[i] {
		case 0:
			continue
		case 2:
			return padded[:i], nil
		}
		break
	}
	return nil, errors.New("no delimiter of a last record")
}

func raw(text string) []byte {
	data, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		panic(err)
	}
	return data
}

// TestDecryptsTheExampleOfTheRFC: the decryptor that the other tests trust
// reads the message of RFC 8291, 5.
func TestDecryptsTheExampleOfTheRFC(t *testing.T) {
	t.Parallel()
	got, err := decrypt(raw("DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8w" +
		"EqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"))
	require.NoError(t, err)
	require.Equal(t, "When I grow up, I want to be a watermelon", string(got))
}
