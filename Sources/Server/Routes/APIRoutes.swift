/// Every call of the API: the router, the list of parameters and the OpenAPI document are all made of this table.
package enum APIRoutes {
    package static let all: [Route] =
        ReceiptRoutes.all + TicketRoutes.all + SQLRoutes.all + ExportRoutes.all + UploadRoutes.all + CallbackRoutes.all + TypeRoutes.all + RollupRoutes.all + ViewRoutes.all + ContractRoutes.all + UsageRoutes.all + KeyRoutes.all
        + VersionRoutes.all + QuarantineRoutes.all + SessionRoutes.all + CheckRoutes.all + RunningQueryRoutes.all + TicketListRoute.all + RedriveRoute.all
        + ProcessRoutes.all + ExecutionStartRoute.all + ExecutionRoutes.all + ExecutionOrderRoutes.all
        + TaskRoutes.all + QueueRoutes.all + MessageRoutes.all + QueueLetterRoutes.all + EventRoutes.all + TopicRoutes.all + OverviewRoute.all + ClusterRoutes.all + DeletionRoutes.all + AdminRoutes.all + JobRoutes.all + SystemRoutes.all

    /// `/openapi.json`, made once.
    static let description = OpenAPI.document(all)
}
