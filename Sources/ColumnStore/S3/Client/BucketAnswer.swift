/// An answer of a bucket, as a `BucketFailure` where it is none that was asked for.
enum BucketAnswer {
    /// What to do about an answer.
    enum Verdict {
        case success
        /// After a pause.
        case tryAgain(BucketFailure)
        /// With other credentials, at once.
        case renewCredentials(BucketFailure)
        /// With the service's clock, at once.
        case setClock(serviceSeconds: Int64)
        case fail(BucketFailure)
    }

    /// Codes of 400 to 499 that say: not now.
    private static let passing: Set<String> = [
        "RequestTimeout", "SlowDown", "Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded", "BandwidthLimitExceeded",
        "OperationAborted", "ConditionalRequestConflict",
        // What came is not what was sent: it was torn on the way.
        "BadDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch", "IncompleteBody", "InvalidDigest",
    ]
    /// Credentials that were good, and are over.
    private static let ended: Set<String> = ["ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired"]
    /// Of a key that was deleted, as one is once another has taken its place.
    private static let unknownKey = "InvalidAccessKeyId"
    /// Refusals of one object, or of one request: another may be answered.
    static let ofOneObject: Set<String> = [
        "InvalidObjectState", "InvalidPart", "InvalidPartOrder", "EntityTooSmall", "EntityTooLarge", "KeyTooLongError", "MethodNotAllowed", "NotImplemented",
    ]
    private static let codeCountMax = 100
    private static let messageCountMax = 1_000

    /// What an answer means, by its status and the code in its XML (S3's "Error Responses").
    ///
    /// - Parameters:
    ///   - method: of the request; to HEAD there are no words.
    ///   - clockSeconds: the time by which it was signed, in seconds since 1970; nil where that is the service's own already: it is not taken from the service again.
    static func verdict(_ answer: OutgoingResponse, method: OutgoingRequest.Method, clockSeconds: Int64?) -> Verdict {
        let status = answer.status
        // A completion may fail after its 200 has gone out, behind blanks that kept the connection. What GET brings is the object's, whatever it looks like: a client's own file may be an <Error>.
        let mayFailLate = (method == .post || method == .put) && answer.body.first { !ServiceXML.isBlank($0) } == UInt8(ascii: "<")
        let error = status >= 300 || mayFailLate ? ServiceXML.parse(answer.body)?.firstError : nil
        if (200..<300).contains(status), error == nil { return .success }
        let code = error?.words(of: "Code", countMax: codeCountMax) ?? word(status)
        let failure = { (kind: BucketFailure.Kind, advice: String) in
            let message = error?.words(of: "Message", countMax: messageCountMax) ?? "the service said no more"
            return BucketFailure(
                kind, status: status, code: code, advice.isEmpty ? message : "\(message); \(advice)", requestID: answer.headers["x-amz-request-id"])
        }
        if ended.contains(code) { return .renewCredentials(failure(.refused, "the credentials have ended")) }
        let isOfTheTime = code == "RequestTimeTooSkewed"
        // HEAD has no words for it, and some servers have others: there the two clocks tell.
        if isOfTheTime || status == 403, let clockSeconds, let seconds = ServiceClock.seconds(by: answer, isOfTheTime: isOfTheTime, clockSeconds: clockSeconds) {
            return .setClock(serviceSeconds: seconds)
        }
        if isOfTheTime { return .fail(failure(.refused, "the machine's clock is wrong")) }
        if code == unknownKey { return .renewCredentials(failure(.refused, advice(code, answer, error))) }
        // Whatever their status: no other try gets past them.
        if ofOneObject.contains(code) { return .fail(failure(.refused, advice(code, answer, error))) }
        if passing.contains(code) || status >= 500 || status == 429 || status == 408 || status == 200 { return .tryAgain(failure(.unavailable, "")) }
        switch status {
        case 404 where code == "NoSuchBucket": return .fail(failure(.refused, "make the bucket, or mend the URL that names it (storage.url, log.url, exports.url, cluster.config, or a command's)"))
        case 404: return .fail(failure(.notFound, ""))
        case 409: return .tryAgain(failure(.unavailable, ""))
        case 412, 304: return .fail(failure(.lostRace, ""))
        case 416: return .fail(failure(.noSuchRange, ""))
        // An answer to HEAD has no words: it may be the credentials' end.
        case 400 where method == .head, 403 where method == .head: return .renewCredentials(failure(.refused, advice(code, answer, error)))
        default: return .fail(failure(.refused, advice(code, answer, error)))
        }
    }

    /// What whoever runs the service can do about it; empty where the service's own words are all there is to say.
    private static func advice(_ code: String, _ answer: OutgoingResponse, _ error: ServiceXML?) -> String {
        if let region = answer.headers["x-amz-bucket-region"] ?? error?.words(of: "Region", countMax: codeCountMax) { return "the bucket is in \(region): set storage.region, or log.region where the log alone is there" }
        switch code {
        case "AccessDenied", "403", "AllAccessDisabled": return "give the key the rights to get, put, list and delete there"
        case "InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken": return "mend storage.credentials, or the AWS_ variables"
        case "InvalidObjectState": return "the object was moved to an archive class: restore it, and mend the bucket's lifecycle rules"
        case "301", "307", "PermanentRedirect", "TemporaryRedirect": return "the bucket is elsewhere: mend storage.region (of a log's bucket log.region) or storage.endpoint"
        default: return ""
        }
    }

    /// Stands for the code of an answer that has none.
    private static func word(_ status: Int) -> String {
        switch status {
        case 404: "NotFound"
        case 412: "PreconditionFailed"
        case 503: "ServiceUnavailable"
        default: String(status)
        }
    }
}

extension ServiceXML {
    /// The error that the text is, if it is one.
    fileprivate var firstError: ServiceXML? { name == "Error" ? self : name == "ErrorResponse" ? self["Error"] : nil }
}
