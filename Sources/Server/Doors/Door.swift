/// A way into the server: HTTP, or another protocol. It opens when it is made; `ServerLife` closes all of them together.
package protocol Door: AnyObject, Sendable {
    /// For the log.
    var name: String { get }
    /// Takes no more connections, and closes each after what it has under way.
    func stopAccepting()
    /// What is under way, after `stopAccepting` only less.
    var inFlightCount: Int { get }
    /// Waits until nothing is under way, at most `seconds`; after `stopAccepting`.
    ///
    /// - Returns: false when something still was.
    func waitUntilIdle(seconds: Double) -> Bool
}
