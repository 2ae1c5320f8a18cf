/// What a backup holds, and what of it was copied this time.
package struct BackupSummary: Sendable {
    package var fileCount = 0
    package var byteCount: Int64 = 0
    package var copiedFileCount = 0
    package var copiedByteCount: Int64 = 0
    package var elapsedNanoseconds: UInt64 = 0
    package init() {}
}
