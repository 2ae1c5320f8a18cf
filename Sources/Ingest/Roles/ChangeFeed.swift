/// What was committed, in the order of commits.
package protocol ChangeFeed: AnyObject, Sendable {
    /// Changes after `sequence`, in commit order, at most `limit`.
    func changes(after sequence: Int64, limit: Int, as principal: Principal) throws -> ChangePage
    /// Calls `wake` once, as soon as something beyond `sequence` is committed; at once if it already is. `cancel` the handle to forget it.
    func notify(beyond sequence: Int64, wake: @escaping @Sendable () -> Void) -> any NotificationHandle
}
