internal import ColumnStore
internal import Ingest

/// What a verification found.
struct VerificationBody: JSONObject {
    private static let shownCountMax = 1_000

    struct Fault: JSONObject {
        let finding: Finding

        static var example: Fault { Fault(finding: .init(path: "", fault: "")) }

        func members(to sink: inout some MemberSink) {
            sink.member("path", finding.path)
            sink.member("fault", finding.fault)
        }
    }
    let report: Verifier.Report

    static var schemaName: String? { "Verification" }
    static var example: VerificationBody { VerificationBody(report: Verifier.Report()) }

    func members(to sink: inout some MemberSink) {
        sink.member("files", report.fileCount)
        sink.member("receipts", report.rowCount)
        sink.member("document_bytes", report.documentByteCount)
        sink.member("fault_count", report.faultCount)
        sink.member("faults", report.findings.prefix(Self.shownCountMax).map { Fault(finding: $0) }, MemberFacts("The first thousand."))
        sink.member(
            "strangers", Array(report.strangers.prefix(Self.shownCountMax)),
            MemberFacts("Files that belong to no state of the store, as a crash leaves them."))
    }

    /// What the command line reads of it.
    static func report(_ value: JSONValue) -> (report: Verifier.Report, faultCount: Int) {
        func items(_ name: String) -> [JSONValue] { if case .array(let items)? = value[name] { items } else { [] } }
        var report = Verifier.Report(findings: items("faults").map { Finding(path: $0["path"]?.text ?? "", fault: $0["fault"]?.text ?? "") })
        report.strangers = items("strangers").compactMap(\.text)
        report.fileCount = value["files"]?.integer ?? 0
        report.rowCount = Int64(value["receipts"]?.integer ?? 0)
        report.documentByteCount = Int64(value["document_bytes"]?.integer ?? 0)
        return (report, value["fault_count"]?.integer ?? report.findings.count)
    }
}
