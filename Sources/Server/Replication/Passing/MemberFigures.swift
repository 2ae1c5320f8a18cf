internal import Ingest

/// The figures that a member of a cluster gives Prometheus while another leads: of its process, and of its part in the cluster. Figures of the store are those of the node that leads.
///
/// `till_ready` is not among them: a standby takes no work, and nothing is the matter with it.
enum MemberFigures {
    /// - Parameters:
    ///   - metrics: of the node.
    ///   - certificates: that it shows, each at its door.
    static func response(_ metrics: [Metric], _ certificates: [any DoorCertificate]) -> Response {
        var text = PrometheusText()
        ProcessFigures.write(to: &text)
        text.describe("till_build_info", "1, with the version.", .gauge)
        text.sample("till_build_info", [("version", TillVersion.text)], 1)
        text.write(certificates)
        text.write(metrics)
        return text.response
    }
}
