/// What the cache has done since the start, and holds now.
package struct CacheFigures: Sendable, Equatable {
    package var hitCount = 0
    package var missCount = 0
    package var readByteCount = 0
    package var writtenByteCount = 0
    package var evictedByteCount = 0
    /// Ranges whose sums were wrong: thrown away, and fetched anew.
    package var damagedCount = 0
    /// Now.
    package var heldByteCount: Int64 = 0
    package var fileCount = 0

    package init() {}
}
