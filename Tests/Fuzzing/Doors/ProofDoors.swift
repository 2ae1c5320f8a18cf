import ColumnStore
import Documents
import Ingest
import Query

/// What is believed for the code at its end: cursors that clients bring back, and calls that registrars sign.
extension Door {
    static let proofs: [Door] = [cursor, webhookSignature]

    private static let coder = CursorCoder(key: [UInt8](repeating: 7, count: 32))
    private static let binding = ["list", "contract", "acme"]

    /// The input as a cursor's text, which nobody signed; and as fields that were, of which a place in an answer is made.
    private static let cursor = Door(
        name: "cursor",
        seeds: {
            let place = WalkPosition(key: [.integer(5), .bytes([0x61]), .decimal(-1), .null, .double(.nan)], tieCount: 1, rowCount: 2, sumsCode: [8, 9], viewsCode: [7], typesCode: [])
            let fields = place.fields.flatMap { [UInt8($0.count)] + $0 }
            return [fields, Array(coder.encode(place.fields, binding: binding).utf8), [8, 0, 0, 0, 0, 0, 0, 0, 1, 8, 127, 255, 255, 255, 255, 255, 255, 255]]
        },
        fuzz: { bytes in
            precondition(coder.decode(String(decoding: bytes, as: UTF8.self), binding: ["other"]) == nil, "a cursor counts that nobody signed")
            var choices = Choices(bytes)
            var fields: [[UInt8]] = []
            while !choices.isAtEnd { fields.append(choices.bytes(Int(choices.byte()))) }
            let text = coder.encode(fields, binding: binding)
            guard text.utf8.count <= 4_096 else { return }
            precondition(coder.decode(text, binding: binding) == fields, "a cursor comes back as another")
            precondition(coder.decode(text, binding: Array(binding.dropLast())) == nil, "a cursor counts elsewhere")
            var bent = Array(text.utf8)
            bent[bytes.count % bent.count] ^= 1
            precondition(coder.decode(String(decoding: bent, as: UTF8.self), binding: binding) == nil, "a changed cursor counts")
            guard let place = WalkPosition(fields: fields) else { return }
            let again = WalkPosition(fields: place.fields)
            precondition(again != nil, "a place that was written cannot be read")
        })

    /// Four lines: id, time stamp, signatures, secret; then the body. Nobody but who knows the secret signs; and what is signed counts, within
    /// the time that it is good for.
    private static let webhookSignature = Door(
        name: "webhook-signature",
        seeds: {
            ["1\n1795176000\nv1,AAAA v1,BBBB\nwhsec_c2VjcmV0\n{}", "\n-9223372036854775808\nv1,\ns\n", "e\n9223372036854775807\nv1a,x v1,é\nwhsec_\n\n"].map { Array($0.utf8) }
        },
        words: { ["v1,", " v1,", "whsec_", "9223372036854775807", "-9223372036854775808", "1795176000", "\n"] },
        fuzz: { bytes in
            let lines = bytes.split(separator: 0x0A, maxSplits: 4, omittingEmptySubsequences: false).map { Array($0) }
            guard lines.count == 5 else { return }
            let texts = lines.map { String(decoding: $0, as: UTF8.self) }
            guard let secret = WebhookSecret(texts[3]) else { return }
            let now: Int64 = 1_795_176_000
            let verdict = WebhookSignature.verify(id: texts[0], timestamp: texts[1], signature: texts[2], body: lines[4], secrets: [secret], nowSeconds: now)
            precondition(verdict != .valid, "a forged signature counts")
            guard let time = Int64(texts[1]), String(time) == texts[1] else { return }
            let signature = WebhookSignature.sign(id: texts[0], timestamp: time, body: lines[4], secrets: [secret])
            let own = WebhookSignature.verify(id: texts[0], timestamp: texts[1], signature: signature, body: lines[4], secrets: [secret], nowSeconds: now)
            let isNear = time >= now - WebhookSignature.toleranceSeconds && time <= now + WebhookSignature.toleranceSeconds
            precondition((own == .valid) == isNear, "what was signed is judged \(own)")
        })
}
