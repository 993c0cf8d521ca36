using MekongTwin.Contracts;
using MekongTwin.Ingest.Mqtt;

namespace MekongTwin.Ingest.Tests.Mqtt;

/// <summary>The embedded edition's own subscriber keeps what every subscriber keeps.</summary>
public sealed class BrokerSubscriberContract : BrokerContract
{
    protected override IBrokerSubscriber Make(BrokerOptions options, IAdmissions admissions) =>
        new BrokerSubscriber(options, admissions, TimeProvider.System);
}
