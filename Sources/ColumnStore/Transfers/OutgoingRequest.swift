/// One HTTP call that Till makes.
package struct OutgoingRequest: Sendable {
    /// Files in PEM by which a call's two ends prove who they are, read for each connection.
    package struct Proof: Sendable {
        package var certificate: String
        package var key: String
        /// Whose word counts for the other end's certificate, and nobody else's.
        package var authority: String

        package init(certificate: String, key: String, authority: String) { (self.certificate, self.key, self.authority) = (certificate, key, authority) }
    }

    package enum Method: String, Sendable { case get = "GET", post = "POST", put = "PUT", delete = "DELETE", head = "HEAD" }

    package var method: Method
    package var url: String
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]
    /// For the call as a whole.
    package var timeoutMilliseconds: Int
    /// Ends the call when nothing at all comes or goes for so many seconds; nil: only the whole call has a limit.
    package var stallSeconds: Int?
    /// An answer longer than this is cut off as broken.
    package var answerByteCountMax = OutgoingClient.answerByteCountMax
    /// Whether the path goes out as it is written, `.` and `..` in it too: keys of a bucket are no file names.
    package var keepsPath = false
    /// Of an https URL; nil: the other end proves itself by an authority that the system knows, and this one does not.
    package var proof: Proof?

    package init(method: Method, url: String, headers: [(name: String, value: String)] = [], body: [UInt8] = [], timeoutMilliseconds: Int = 30_000) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeoutMilliseconds = timeoutMilliseconds
    }
}

/// An answer, whatever its status: it is the caller's to judge.
package struct OutgoingResponse: Sendable {
    package var status: Int
    /// Names in lower case.
    package var headers: [String: String]
    package var body: [UInt8]

    package init(status: Int, headers: [String: String], body: [UInt8]) { (self.status, self.headers, self.body) = (status, headers, body) }
}
