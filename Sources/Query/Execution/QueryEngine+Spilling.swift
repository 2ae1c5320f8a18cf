internal import Glibc

extension QueryEngine.Settings {
    /// The same, with intermediate rows below `TMPDIR`, or in /tmp, and with the room that a store's receipts need: whoever makes an engine beside a store asks for it here.
    ///
    /// - Parameters:
    ///   - directory: of a store that takes receipts meanwhile; nil: there is none.
    ///   - minFreeByteCount: what stays free of its disk; 0: whatever the rows leave.
    package func spilling(beside directory: String?, minFreeByteCount: Int) -> QueryEngine.Settings {
        var settings = self
        let told = getenv("TMPDIR").map { String(cString: $0) } ?? ""
        settings.spillDirectory = told.isEmpty ? "/tmp" : told
        settings.spillRoom = nil
        if let directory, minFreeByteCount > 0 { settings.spillRoom = SpillSpace.Room(directory: directory, byteCount: minFreeByteCount) }
        return settings
    }
}
