internal import Glibc

/// The calls that sources make: to servers near by, short, tried again a few times.
struct CredentialCalls: Sendable {
    let client: OutgoingClient
    /// For messages.
    let source: String
    /// For one try.
    var timeoutMilliseconds = 5_000
    var attemptCount = 3
    /// Before the second try, doubled before each later one.
    var pauseMilliseconds: UInt32 = 100

    /// - Parameter what: for messages, without what is secret in the URL.
    /// - Returns: the body of an answer of 200.
    /// - Throws: when there is none after some tries; answers of 400 to 499 but 429 are not tried again.
    func body(
        _ method: OutgoingRequest.Method, _ url: String, _ headers: [(name: String, value: String)] = [], body: [UInt8] = [], what: String
    ) throws(CredentialFailure) -> [UInt8] {
        var reason = ""
        for attempt in 1...attemptCount {
            if attempt > 1 { usleep(pauseMilliseconds * 1_000 << UInt32(attempt - 2)) }
            let request = OutgoingRequest(method: method, url: url, headers: headers, body: body, timeoutMilliseconds: timeoutMilliseconds)
            switch client.answer(to: request) {
            case .success(let answer) where answer.status == 200: return answer.body
            case .success(let answer):
                let service = ServiceXML.parse(answer.body)?.first("Error")
                let words = ["Code", "Message"].compactMap { service?.words(of: $0, countMax: 1_000) }
                reason = "\(what) answered \(answer.status)" + (words.isEmpty ? "" : " (\(words.joined(separator: ": ")))")
                if (400..<500).contains(answer.status), answer.status != 429 { throw CredentialFailure(source: source, reason: reason) }
            case .failure(let failure): reason = "\(what): \(failure)"
            }
        }
        throw CredentialFailure(source: source, reason: reason)
    }

    /// Reads the JSON that container endpoints and machines give: `AccessKeyId`, `SecretAccessKey`, `Token`, `Expiration`.
    ///
    /// Keys without an end never expire.
    ///
    /// - Throws: for an answer without the two keys, or with an end that is no instant.
    func credentials(_ bytes: [UInt8], what: String) throws(CredentialFailure) -> AWSCredentials {
        guard let answer = try? JSONParser.parse(bytes), let key = answer["AccessKeyId"]?.text, let secret = answer["SecretAccessKey"]?.text, !key.isEmpty,
            !secret.isEmpty
        else { throw CredentialFailure(source: source, reason: "\(what) gave no AccessKeyId and SecretAccessKey") }
        var end: Int64?
        if let text = answer["Expiration"]?.text {
            guard let seconds = SigningInstant.seconds(text) else {
                throw CredentialFailure(source: source, reason: "\(what) gave an Expiration that is no instant: \(text.prefix(40))")
            }
            end = seconds
        }
        // An empty one is none: libcurl would leave its header out, which is signed.
        let token = answer["Token"]?.text.flatMap { $0.isEmpty ? nil : $0 }
        return AWSCredentials(accessKeyID: key, secretAccessKey: secret, sessionToken: token, expiresAtSeconds: end)
    }

    /// A small file with a token in it, without the line's end.
    ///
    /// - Throws: for a file that cannot be read, is longer than 64 KiB, or has a first line that no header could carry.
    func token(inFile path: String) throws(CredentialFailure) -> String {
        let bytes: [UInt8]
        do throws(ColumnStoreError) {
            let file = try LocalFileBytes(path: path)
            guard file.byteCount <= 1 << 16 else { throw ColumnStoreError(.overBudget, path: path, "longer than a token is") }
            bytes = try file.region(at: 0, count: Int(clamping: file.byteCount)).copied
        } catch {
            throw CredentialFailure(source: source, reason: "the token's file: \(error)")
        }
        let text = String(decoding: bytes, as: UTF8.self).split { $0.isNewline }.first.map(String.init) ?? ""
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw CredentialFailure(source: source, reason: "the file \(path) has no token in it")
        }
        return text
    }
}
