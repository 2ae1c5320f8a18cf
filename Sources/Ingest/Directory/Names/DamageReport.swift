package import Documents

/// Something of the store that is not as it was written, and what may be said of it to a client.
package protocol DamageReport: Error {
    var fault: Fault { get }
}
