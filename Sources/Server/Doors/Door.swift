/// A way into the server: HTTP, or another protocol. It opens when it is made; `ServerLife` closes all of them together.
package protocol Door: AnyObject, Sendable {
    /// For the log.
    var name: String { get }
    /// Accepts no more connections, and closes each open one once its present request is answered.
    func stopAccepting()
    /// How many requests or statements are under way; after `stopAccepting` it only falls.
    var inFlightCount: Int { get }
    /// Waits until nothing is under way, at most `seconds`; after `stopAccepting`.
    ///
    /// - Returns: false when something still was.
    func waitUntilIdle(seconds: Double) -> Bool
}
