import Foundation
import TestSupport

/// An authority that signs certificates of nodes, by OpenSSL.
struct PairAuthority {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let folder: URL
    let name: String

    init(_ name: String, in folder: URL) throws {
        (self.folder, self.name) = (folder, name)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try run(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "\(name).key", "-out", "\(name).pem", "-subj", "/CN=\(name)", "-days", "30"])
    }

    private func run(_ arguments: [String]) throws {
        let run = try Subprocess("/usr/bin/openssl", arguments, folder: folder)
        guard run.status == 0 else { throw Failure(description: "openssl \(arguments.joined(separator: " ")): \(run.error)") }
    }

    /// Settings of a node that shows a certificate of this authority.
    ///
    /// - Parameters:
    ///   - node: whose name it has.
    ///   - days: that it is good for; below 0 it has ended.
    ///   - trusted: the authority whose word the node takes; else this one.
    func settings(_ node: String, days: Int = 30, trusted: PairAuthority? = nil) throws -> [String: String] {
        let file = "\(name)-\(node)-\(days)"
        try run([
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "\(file).key", "-out", "\(file).csr", "-subj", "/CN=\(node)",
            "-addext", "subjectAltName=DNS:\(node),IP:127.0.0.1",
        ])
        try run(["x509", "-req", "-in", "\(file).csr", "-CA", "\(name).pem", "-CAkey", "\(name).key", "-CAcreateserial", "-copy_extensions", "copy", "-days", "\(days)", "-out", "\(file).pem"])
        return [
            "TILL_CLUSTER_TLS_CERT": path("\(file).pem"), "TILL_CLUSTER_TLS_KEY": path("\(file).key"), "TILL_CLUSTER_TLS_CA": (trusted ?? self).path("\((trusted ?? self).name).pem"),
        ]
    }

    func path(_ file: String) -> String { folder.appendingPathComponent(file).path }
}
