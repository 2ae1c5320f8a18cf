import ColumnStore
import FoundationEssentials

/// Signatures of calls in and out: the Standard Webhooks scheme (specification 1.0.0, "Signature scheme"). What is signed is
/// `id.timestamp.body` with HMAC-SHA256; the header holds one or more `v1,<base64>`, parted by blanks.
package struct WebhookSecret: Sendable, Hashable {
    package let key: [UInt8]

    /// `whsec_` and base64, else the UTF-8 bytes of the text itself. Nil when it is empty or what follows `whsec_` is no base64.
    package init?(_ text: String) {
        if text.hasPrefix("whsec_") {
            guard let data = Data(base64Encoded: String(text.dropFirst(6))), !data.isEmpty else { return nil }
            key = Array(data)
        } else {
            guard !text.isEmpty else { return nil }
            key = Array(text.utf8)
        }
    }
}

package enum WebhookSignature {
    /// How far a call's clock may be from ours.
    package static let toleranceSeconds: Int64 = 300

    /// The value of `webhook-signature`. With two valid secrets (rotation) one signature of each.
    package static func sign(id: String, timestamp: Int64, body: [UInt8], secrets: [WebhookSecret]) -> String {
        secrets.map { "v1," + Data(code(id: id, timestamp: String(timestamp), body: body, secret: $0)).base64EncodedString() }
            .joined(separator: " ")
    }

    /// What becomes of a signed call. The answer says only whether it is valid; the rest is for the log.
    package enum Verdict: Sendable, Equatable {
        case valid
        /// The time stamp is no whole number of seconds.
        case noTime
        /// Rightly signed, by a clock that is this many seconds from ours: its own is behind by so many where that is above zero.
        case wrongTime(behindSeconds: Int64)
        case wrongSignature
    }

    /// Whether a signature of the header is one of `secrets`', and its time is near enough. Takes as long for a wrong one as for a right one.
    package static func verify(
        id: String, timestamp: String, signature: String, body: [UInt8], secrets: [WebhookSecret], nowSeconds: Int64
    ) -> Verdict {
        // A header of a thousand signatures is an attack on our time, not a rotation.
        // Anything but `v1,` is of a version that is not ours, and says nothing.
        let offered = signature.split(separator: " ").prefix(8).compactMap { part in
            part.hasPrefix("v1,") ? Data(base64Encoded: String(part.dropFirst(3))).map { Array($0) } : nil
        }
        var isValid = false
        for secret in secrets {
            let wanted = code(id: id, timestamp: timestamp, body: body, secret: secret)
            for candidate in offered where HMACSHA256.areEqual(wanted, candidate) { isValid = true }
        }
        // After the sums were compared, so that the time it takes tells nothing of them.
        guard let time = Int64(timestamp) else { return .noTime }
        guard isValid else { return .wrongSignature }
        // Anybody may send any time: the difference of two may be more than a number holds.
        let (difference, overflows) = nowSeconds.subtractingReportingOverflow(time)
        guard !overflows, difference.magnitude <= toleranceSeconds.magnitude else {
            return .wrongTime(behindSeconds: overflows ? (time < 0 ? .max : .min) : difference)
        }
        return .valid
    }

    private static func code(id: String, timestamp: String, body: [UInt8], secret: WebhookSecret) -> [UInt8] {
        var code = HMACSHA256(key: secret.key)
        code.update(Array("\(id).\(timestamp).".utf8))
        code.update(body)
        return code.finalize()
    }
}
