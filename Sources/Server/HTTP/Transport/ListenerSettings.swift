extension Listener {
    /// Where it listens, as what, and how long it waits for a client.
    package struct Settings: Sendable {
        package var host: String
        package var port: UInt16
        package var threadCount: Int
        /// In seconds, without a byte either way.
        package var idleTimeout: UInt32 = 60
        /// In seconds, for a request's line and header fields, however its bytes come. For its body see `SlowRequests.Limits`.
        package var headSeconds = 30.0
        package var bodySeconds = 60.0
        /// Bytes of a body that have come, or of an answer that were taken, for which a second more is given.
        package var bodyByteRate = 4_096.0
        /// TLS, with the certificate that `ServerCertificate` has installed.
        package var isSecure = false
        /// Of TLS: only those are answered whose certificate these authorities have signed (PEM); nil: anyone.
        package var authority: [UInt8]?
        /// How long a daemon may sleep, in milliseconds.
        ///
        /// The library's own threads are not used for this reason: it takes 128 events from epoll, and when there were exactly so many it
        /// asks for more *before it serves them*, with the time to the next connection's timeout, a minute (libmicrohttpd 0.9.75,
        /// MHD_epoll). A group commit wakes its clients together, so that is ordinary with 128 connections on a thread. So long at most
        /// they now wait.
        package var sleepMilliseconds: Int32 = 5

        package init(host: String, port: UInt16, threadCount: Int) {
            (self.host, self.port, self.threadCount) = (host, port, threadCount)
        }
    }
}
