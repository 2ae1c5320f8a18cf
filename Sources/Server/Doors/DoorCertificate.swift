/// A certificate that one of the server's doors shows.
package protocol DoorCertificate: Sendable {
    /// `http`, `postgres` or `cluster`: a label of metrics.
    var door: String { get }
    /// Seconds since 1970 at which the one in use ends; nil where there is none.
    var validTo: Int64? { get }
}
