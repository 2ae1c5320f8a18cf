/// One request to a bucket, before it is signed: it may be sent many times.
struct BucketCall {
    var method: OutgoingRequest.Method
    /// The whole key; empty for the bucket itself.
    var key: String
    var query: [(name: String, value: String)] = []
    var headers: [(name: String, value: String)] = []
    var body: [UInt8] = []
    /// Of the body, where it is known already.
    var payloadHash: [UInt8]?
    /// More than this is no answer to it.
    var answerByteCountMax = 1 << 20
    var kind: BucketCounters.Kind

    /// What it says that it will hold: itself as it goes out, and its answer.
    var memoryByteCount: Int { body.count + (method == .get ? answerByteCountMax : 0) }
}
