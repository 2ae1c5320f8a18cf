import ColumnStore

/// The line of DATA/log/state that says whether the store's files were changed without their log: whoever keeps the log begins it anew then.
enum LogMark {
    static let name = "broken"

    /// Notes that files are about to be changed past the log; nothing for a store that has none.
    static func noteBroken(_ directory: String) throws {
        let folder = "\(directory)/\(DataDirectory.logName)"
        guard let text = DataDirectory.text("\(folder)/state"), text.contains("\n\(name) 0\n") else { return }
        try LocalStorageFactory.files(folder).put("state", Array(text.replacing("\n\(name) 0\n", with: "\n\(name) 1\n").utf8))
    }
}
