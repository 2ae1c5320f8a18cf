/// Places in lists, as a caller may hold them but not make or change them.
package protocol CursorSealing: AnyObject, Sendable {
    /// An opaque cursor of `fields`, bound to what must be the same when it comes back.
    func seal(_ fields: [[UInt8]], binding: [String]) -> String
    /// Nil when any bit was changed, or the cursor belongs to something else.
    func unseal(_ cursor: String, binding: [String]) -> [[UInt8]]?
}
