package enum PutOutcome: Sendable { case created, replaced, unchanged }

package struct TypeDescription: Sendable {
    package var name: String
    package var version: Int
    package var table: String
    package var format: String
    /// The type file as it was put.
    package var json: [UInt8]
    package init(name: String, version: Int, table: String, format: String, json: [UInt8]) {
        self.name = name
        self.version = version
        self.table = table
        self.format = format
        self.json = json
    }
}
