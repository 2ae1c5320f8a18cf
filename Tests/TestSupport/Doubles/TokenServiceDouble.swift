import ColumnStore
import Foundation
import Synchronization

/// AWS's STS on a loopback port, as far as it lends roles (`AssumeRole`): it checks the signature, the times and the session policy's form, and answers in STS's words.
public final class TokenServiceDouble: Sendable {
    /// What goes wrong with a call.
    public enum Fault: Sendable {
        case answer(status: Int, code: String)
        /// Of 200.
        case body(String)
        /// It is answered later.
        case delay(milliseconds: Int)
    }

    private struct State: Sendable {
        var asked: [[String: String]] = []
        var plan: (@Sendable ([String: String]) -> Fault?)?
        var endsAt: Int64?
    }

    private let region: String
    private let state = Mutex(State())
    private let server = Mutex<TestHTTPServer?>(nil)

    public init(region: String = "eu-central-1") {
        self.region = region
        let new = TestHTTPServer { [unowned self] request in self.answer(request) }
        server.withLock { $0 = new }
    }

    public var endpoint: String { "http://127.0.0.1:\(server.withLock { $0?.port ?? 0 })" }
    public func close() { server.withLock { $0?.close() } }

    /// Forms of calls that were rightly signed.
    public var asked: [[String: String]] { state.withLock { $0.asked } }

    public func fail(_ plan: (@Sendable ([String: String]) -> Fault?)?) { state.withLock { $0.plan = plan } }

    /// Seconds since 1970 at which all that is lent from now on ends; nil: after the time that was asked for.
    public func lend(until end: Int64?) { state.withLock { $0.endsAt = end } }

    /// Of the keys that the nth call was lent.
    public static func keyID(_ number: Int) -> String { "ASIADOUBLE\(number)" }

    private func answer(_ request: TestHTTPServer.Request) -> TestHTTPServer.Response {
        // As of a bucket that has no name: the path is the service's alone.
        guard let call = BucketDouble.Asked(request, bucket: ""), isSigned(call) else { return Self.error(403, "SignatureDoesNotMatch") }
        var form: [String: String] = [:]
        for pair in String(decoding: request.body, as: UTF8.self).split(separator: "&") {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard sides.count == 2, let name = sides[0].removingPercentEncoding, let value = sides[1].removingPercentEncoding else { return Self.error(400, "MalformedQueryString") }
            form[name] = value
        }
        let (number, plan, endsAt) = state.withLock { state in
            state.asked.append(form)
            return (state.asked.count, state.plan, state.endsAt)
        }
        var delay = 0
        switch plan?(form) {
        case .answer(let status, let code): return Self.error(status, code)
        case .body(let text): return .init(body: text)
        case .delay(let milliseconds): delay = milliseconds
        case nil: break
        }
        guard form["Action"] == "AssumeRole", form["Version"] == "2011-06-15", form["RoleArn"] != nil, let name = form["RoleSessionName"], name.count >= 2,
            let seconds = form["DurationSeconds"].flatMap({ Int64($0) }), (900...43_200).contains(seconds)
        else { return Self.error(400, "ValidationError") }
        guard let policy = form["Policy"], policy.utf8.count <= 2_048, (try? JSONSerialization.jsonObject(with: Data(policy.utf8))) is [String: Any] else {
            return Self.error(400, "MalformedPolicyDocument")
        }
        let format = ISO8601DateFormatter()
        let end = endsAt.map { Date(timeIntervalSince1970: TimeInterval($0)) } ?? Date().addingTimeInterval(TimeInterval(seconds))
        return .init(
            headers: [("Content-Type", "text/xml")],
            body: """
                <AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
                <AssumedRoleUser><Arn>arn:aws:sts::1:assumed-role/r/\(name)</Arn><AssumedRoleId>AROA:\(name)</AssumedRoleId></AssumedRoleUser>
                <Credentials><AccessKeyId>\(Self.keyID(number))</AccessKeyId><SecretAccessKey>lent/secret&amp;\(number)</SecretAccessKey>
                <SessionToken>lent-token-\(number)==</SessionToken><Expiration>\(format.string(from: end))</Expiration></Credentials>
                <PackedPolicySize>6</PackedPolicySize></AssumeRoleResult><ResponseMetadata><RequestId>4442587F</RequestId></ResponseMetadata></AssumeRoleResponse>
                """, delayMilliseconds: delay)
    }

    private static func error(_ status: Int, _ code: String) -> TestHTTPServer.Response {
        .init(
            status: status, headers: [("Content-Type", "text/xml")],
            body: "<ErrorResponse><Error><Type>Sender</Type><Code>\(code)</Code><Message>as the test wants</Message></Error><RequestId>4442587F</RequestId></ErrorResponse>")
    }

    /// By the keys that `BucketDouble` has.
    private func isSigned(_ call: BucketDouble.Asked) -> Bool {
        guard call.method == "POST", let authorization = call.headers["authorization"], authorization.hasPrefix("AWS4-HMAC-SHA256 ") else { return false }
        let fields = BucketDouble.fields(ofAuthorization: authorization)
        guard let scope = fields["Credential"]?.components(separatedBy: "/"), scope.count == 5, scope[0] == "AKIADOUBLE", let names = fields["SignedHeaders"],
            let stamp = call.headers["x-amz-date"], scope[1] == String(stamp.prefix(8)), scope[2] == region, scope[3...] == ["sts", "aws4_request"]
        else { return false }
        let signed = Set(names.components(separatedBy: ";"))
        let payload = BucketDouble.hexadecimal(SHA256.hash(call.body))
        return signed.isSuperset(of: ["host", "content-type", "x-amz-date"])
            && fields["Signature"] == BucketDouble.signature(call, names, stamp, payload, scope, secret: "double/secret+key")
    }
}
