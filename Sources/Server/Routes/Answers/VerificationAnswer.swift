internal import ColumnStore
internal import Ingest

/// What a verification found, as JSON and back.
enum VerificationAnswer {
    private static let shownCountMax = 1_000

    static func json(_ report: Verifier.Report) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("files", report.fileCount)
        writer.member("receipts", Int(report.rowCount))
        writer.member("document_bytes", Int(report.documentByteCount))
        writer.member("fault_count", report.findings.count)
        writer.key("faults")
        writer.beginArray()
        for finding in report.findings.prefix(shownCountMax) {
            writer.beginObject()
            writer.member("path", finding.path)
            writer.member("fault", finding.fault)
            writer.endObject()
        }
        writer.endArray()
        writer.key("strangers")
        writer.beginArray()
        for path in report.strangers.prefix(shownCountMax) { writer.string(path) }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }

    static func report(_ value: JSONValue) -> (report: Verifier.Report, faultCount: Int) {
        func items(_ name: String) -> [JSONValue] { if case .array(let items)? = value[name] { items } else { [] } }
        var report = Verifier.Report()
        report.findings = items("faults").map { .init(path: $0["path"]?.text ?? "", fault: $0["fault"]?.text ?? "") }
        report.strangers = items("strangers").compactMap(\.text)
        report.fileCount = value["files"]?.integer ?? 0
        report.rowCount = Int64(value["receipts"]?.integer ?? 0)
        report.documentByteCount = Int64(value["document_bytes"]?.integer ?? 0)
        return (report, value["fault_count"]?.integer ?? report.findings.count)
    }
}
