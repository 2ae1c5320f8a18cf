import ColumnStore
import Foundation
import TestSupport

/// Standard Webhooks, as the other side does it.
enum Signatures {
    static func sign(id: String, timestamp: String, body: [UInt8], secret: String) -> String {
        let key = secret.hasPrefix("whsec_") ? Array(Data(base64Encoded: String(secret.dropFirst(6))) ?? Data()) : Array(secret.utf8)
        var code = HMACSHA256(key: key)
        code.update(Array("\(id).\(timestamp).".utf8) + body)
        return "v1," + Data(code.finalize()).base64EncodedString()
    }

    static func isValid(_ request: TestHTTPServer.Request, secret: String) -> Bool {
        guard let id = request.headers["webhook-id"], let time = request.headers["webhook-timestamp"],
            let offered = request.headers["webhook-signature"]
        else { return false }
        return offered.split(separator: " ").contains { $0 == sign(id: id, timestamp: time, body: request.body, secret: secret) }
    }
}
