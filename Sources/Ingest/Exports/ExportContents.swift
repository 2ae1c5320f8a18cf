package import ColumnStore

/// What an export's link leads to, wherever it lies by now.
package enum ExportContents {
    /// The path of a file of this machine.
    case file(String)
    case object(ExportObject)
}

/// The file of an export at the place that the settings name, read piece by piece.
package struct ExportObject: Sendable {
    let objects: any ObjectStorage
    let key: String
    package let byteCount: Int64

    package var name: String { objects.place(of: key) }

    /// - Parameter range: within the object.
    /// - Throws: `.unavailable` while the place gives no answer, `.notFound` where the object is gone by now.
    package func read(_ range: Range<Int64>) throws(ColumnStoreError) -> [UInt8] { try objects.get(key, range: range) }
}
