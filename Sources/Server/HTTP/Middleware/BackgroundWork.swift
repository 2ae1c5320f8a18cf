internal import ColumnStore

/// What goes on when its call is answered: a piece at a time, where figures are read, until the server stops.
package struct BackgroundWork: Sendable {
    let context: DoorContext
    let pools: Dispatch.Pools

    var isStopping: Bool { context.life.isStopping }

    /// Runs `work` on a thread that may wait.
    ///
    /// It is the one thread for figures: what runs there must be short, for `/metrics` waits behind it.
    ///
    /// - Returns: false when there is no place.
    func now(_ work: @escaping @Sendable () -> Void) -> Bool { pools.observing.submit(for: context, work) != nil }

    /// Runs `work` on a thread of its own that may wait for long, as for a disk: figures, which are asked for just then, do not wait behind it.
    ///
    /// - Returns: false when there is no place.
    func apart(_ work: @escaping @Sendable () -> Void) -> Bool { pools.apart.submit(for: context, work) != nil }

    /// Calls `work` in `seconds`, on a thread that must not wait.
    func later(_ seconds: Double, _ work: @escaping @Sendable () -> Void) { context.life.timers.after(seconds, work) }
}
