/// The secret that a client shows. Till keeps only its hash.
package struct APIKey: Sendable {
    /// `k_` and 16 letters: names the key in lists, the log and the audit trail, and lets nobody in.
    package let id: String
    /// Shown once.
    package let text: String

    /// What the catalog has of it. No salt and no slow hash: a secret of 256 random bits cannot be guessed from its hash.
    package var sha256: [UInt8] { Self.sha256(of: text) }

    package static func sha256(of text: String) -> [UInt8] {
        var text = text
        return text.withUTF8 { Digest.sha256($0) }
    }

    /// The text is `till_` and 52 letters.
    ///
    /// - Throws: where the system has no entropy to give.
    ///
    /// A new key: 32 random bytes behind a prefix that secret scanners can look for.
    package static func make() throws -> APIKey {
        APIKey(id: "k_" + (try randomText(byteCount: 10)), text: "till_" + (try randomText(byteCount: 32)))
    }

    /// Random bytes in the alphabet of keys.
    package static func randomText(byteCount: Int) throws -> String { encode(try Digest.random(byteCount: byteCount)) }

    /// Five bits a letter, the first byte's highest ones first; where bits are left over they are the high ones of a last letter.
    ///
    /// Crockford's base 32 in lower case: no character that a shell, a URL or a reader stumbles over.
    private static func encode(_ bytes: [UInt8]) -> String {
        let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
        var text: [UInt8] = []
        var buffer = 0
        var bitCount = 0
        for byte in bytes {
            buffer = buffer << 8 | Int(byte)
            bitCount += 8
            while bitCount >= 5 {
                bitCount -= 5
                text.append(alphabet[buffer >> bitCount & 31])
            }
            buffer &= (1 << bitCount) - 1
        }
        if bitCount > 0 { text.append(alphabet[buffer << (5 - bitCount) & 31]) }
        return String(decoding: text, as: UTF8.self)
    }
}
