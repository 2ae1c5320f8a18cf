/// What came of a request to a bucket, when not what was asked for.
package struct BucketFailure: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        /// There is no such object.
        case notFound
        /// A condition of the request did not hold: somebody else was first.
        case lostRace
        /// The range begins behind the object's end.
        case noSuchRange
        /// The bucket, its region, the key or the right to it is not as the settings say. Trying again does not help.
        case refused
        /// No answer that one could go by, in the time that there was.
        case unavailable
        /// The answer contradicts itself or what was asked.
        case corrupt
        /// The caller has given up.
        case cancelled
    }

    package var kind: Kind
    /// 0 where there was no answer.
    package var status: Int
    /// The service's own word, `SlowDown`; else what went wrong, in a word.
    package var code: String
    package var detail: String
    /// By which the service's people find it in their logs.
    package var requestID: String?
    /// Whether a try had no answer, so that the service may have done what it was asked.
    package var mayHaveApplied = false

    package init(_ kind: Kind, status: Int = 0, code: String, _ detail: String, requestID: String? = nil) {
        self.kind = kind
        self.status = status
        self.code = code
        self.detail = detail
        self.requestID = requestID
    }

    package var description: String {
        "\(code)\(status == 0 ? "" : " (\(status))"): \(detail)\(requestID.map { ", request \($0)" } ?? "")"
    }
}

extension ColumnStoreError {
    /// Adds the object to the error of a request.
    package init(_ failure: BucketFailure, key: String) {
        let code: Code =
            switch failure.kind {
            case .notFound: .notFound
            case .lostRace: .conflict
            case .noSuchRange, .corrupt: .corruptFile
            case .refused, .unavailable: .unavailable
            case .cancelled: .io
            }
        self.init(code, path: key, failure.description)
    }
}
