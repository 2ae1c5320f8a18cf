/// Cursors: places in lists, sealed so that a caller may hold them but not make or change them.
package protocol CursorSealing: AnyObject, Sendable {
    /// An opaque cursor of `fields`; `binding` must be the same when it comes back.
    func seal(_ fields: [[UInt8]], binding: [String]) -> String
    /// The fields of a cursor; nil where any bit was changed, or it was sealed with another `binding`.
    ///
    /// - Parameter withFirstVersion: whether one that the first form of cursors has is opened, too, in which its last field may be taken for part of a binding.
    func unseal(_ cursor: String, binding: [String], withFirstVersion: Bool) -> [[UInt8]]?
}

extension CursorSealing {
    /// Places in lists never expire, whatever form they have.
    package func unseal(_ cursor: String, binding: [String]) -> [[UInt8]]? { unseal(cursor, binding: binding, withFirstVersion: true) }
}
