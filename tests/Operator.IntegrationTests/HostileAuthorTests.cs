using System.Net;
using System.Text.Json.Nodes;
using MhcOperator.Operator.IntegrationTests.Support;
using MhcOperator.Testing.Kubernetes;

namespace MhcOperator.Operator.IntegrationTests;

/// <summary>
/// Whoever may write jobs in one namespace, and nothing else, tries to get more. Each attempt is refused by the name of the field, at once
/// where the webhooks are asked, else by the operator, which makes no pod then.
/// </summary>
public sealed class HostileAuthorTests(HostileAuthorSetup setup) : IClassFixture<HostileAuthorSetup>
{
    private const string Merge = "application/merge-patch+json";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Name of the attempt, the pod's spec of its template, and the field in that spec that is blamed.</summary>
    public static TheoryData<string, string, string> Pods() => new()
    {
        { "host-network", """{"hostNetwork":true}""", "hostNetwork" },
        { "host-pid", """{"hostPID":true}""", "hostPID" },
        { "host-ipc", """{"hostIPC":true}""", "hostIPC" },
        { "host-path", """{"volumes":[{"name":"root","hostPath":{"path":"/"}}]}""", "volumes[0].hostPath" },
        { "host-path-for-checkpoints", """{"volumes":[{"name":"checkpoints","persistentVolumeClaim":null,"hostPath":{"path":"/etc"}}]}""",
            "volumes[0].hostPath" },
        { "nfs", """{"volumes":[{"name":"a","nfs":{"server":"10.0.0.1","path":"/"}}]}""", "volumes[0].nfs" },
        { "iscsi", """{"volumes":[{"name":"a","iscsi":{"targetPortal":"10.0.0.1:3260","iqn":"iqn.2001-04.com.example:a","lun":0}}]}""",
            "volumes[0].iscsi" },
        { "flex-volume", """{"volumes":[{"name":"a","flexVolume":{"driver":"a/b"}}]}""", "volumes[0].flexVolume" },
        { "git-repo", """{"volumes":[{"name":"a","gitRepo":{"repository":"https://example.com/a"}}]}""", "volumes[0].gitRepo" },
        { "ceph", """{"volumes":[{"name":"a","cephfs":{"monitors":["10.0.0.1"]}}]}""", "volumes[0].cephfs" },
        { "new-volume", """{"volumes":[{"name":"a","tomorrowsVolume":{}}]}""", "volumes[0].tomorrowsVolume" },
        { "host-port", """{"containers":[{"name":"trainer","ports":[{"containerPort":80,"hostPort":80}]}]}""",
            "containers[0].ports[0].hostPort" },
        { "privileged", """{"containers":[{"name":"trainer","securityContext":{"privileged":true}}]}""",
            "containers[0].securityContext.privileged" },
        { "privileged-init", """{"initContainers":[{"name":"i","image":"i","securityContext":{"privileged":true}}]}""",
            "initContainers[0].securityContext.privileged" },
        { "escalation", """{"containers":[{"name":"trainer","securityContext":{"allowPrivilegeEscalation":true}}]}""",
            "containers[0].securityContext.allowPrivilegeEscalation" },
        { "capability", """{"containers":[{"name":"trainer","securityContext":{"capabilities":{"add":["SYS_ADMIN"]}}}]}""",
            "containers[0].securityContext.capabilities.add" },
        { "capabilities-kept", """{"containers":[{"name":"side","image":"i","securityContext":{"capabilities":{}}}]}""",
            "containers[0].securityContext.capabilities.drop" },
        { "proc-mount", """{"containers":[{"name":"trainer","securityContext":{"procMount":"Unmasked"}}]}""",
            "containers[0].securityContext.procMount" },
        { "sysctl", """{"securityContext":{"sysctls":[{"name":"kernel.msgmax","value":"1"}]}}""", "securityContext.sysctls" },
        { "seccomp", """{"securityContext":{"seccompProfile":{"type":"Unconfined"}}}""", "securityContext.seccompProfile" },
        { "apparmor", """{"securityContext":{"appArmorProfile":{"type":"Unconfined"}}}""", "securityContext.appArmorProfile" },
        { "selinux", """{"securityContext":{"seLinuxOptions":{"type":"spc_t"}}}""", "securityContext.seLinuxOptions" },
        { "root", """{"securityContext":{"runAsUser":0}}""", "securityContext.runAsUser" },
        { "root-in-container", """{"containers":[{"name":"side","image":"i","securityContext":{"runAsUser":0}}]}""",
            "containers[0].securityContext.runAsUser" },
        { "root-by-image", """{"securityContext":{"runAsNonRoot":false}}""", "securityContext.runAsNonRoot" },
        { "host-process", """{"securityContext":{"windowsOptions":{"hostProcess":true}}}""", "securityContext.windowsOptions" },
        { "account", """{"serviceAccountName":"deployer"}""", "serviceAccountName" },
        { "account-by-its-old-name", """{"serviceAccount":"deployer"}""", "serviceAccount" },
        { "token", """{"automountServiceAccountToken":true}""", "automountServiceAccountToken" },
        { "token-by-null", """{"automountServiceAccountToken":null}""", "automountServiceAccountToken" },
        { "projected-token", """{"volumes":[{"name":"a","projected":{"sources":[{"serviceAccountToken":{"path":"t"}}]}}]}""",
            "volumes[0].projected.sources[0].serviceAccountToken" },
        { "pod-certificate", """{"volumes":[{"name":"a","projected":{"sources":[{"podCertificate":{"signerName":"s","keyType":"ED25519"}}]}}]}""", "volumes[0].projected.sources[0].podCertificate" },
        { "ephemeral-container", """{"ephemeralContainers":[{"name":"e","image":"i"}]}""", "ephemeralContainers" },
        { "probe-of-a-host", """{"containers":[{"name":"trainer","livenessProbe":{"httpGet":{"host":"169.254.169.254","port":80}}}]}""",
            "containers[0].livenessProbe.httpGet.host" },
        { "hook-to-a-host", """{"containers":[{"name":"trainer","lifecycle":{"preStop":{"tcpSocket":{"host":"10.0.0.1","port":80}}}}]}""",
            "containers[0].lifecycle.preStop.tcpSocket.host" },
        { "no-standard-by-null", """{"securityContext":null}""", "securityContext" },
        { "no-standard-by-patch", """{"securityContext":{"$patch":"replace","runAsUser":1000}}""",
            "makes a pod that may not be: pod.spec.containers[0].securityContext.runAsNonRoot" },
        { "no-standard-by-delete", """{"securityContext":{"$patch":"delete"}}""", "makes a pod that may not be: pod.spec.securityContext" },
        { "no-trainer-by-patch", """{"containers":[{"name":"trainer","$patch":"delete"}]}""", "containers[0][$patch]" },
        { "new-field", """{"hostTomorrow":true}""", "hostTomorrow" },
        { "host-name", """{"hostname":"mysql-0"}""", "hostname" },
        { "host-name-of-a-service", """{"subdomain":"mysql"}""", "subdomain" },
        { "restarts", """{"restartPolicy":"Always"}""", "restartPolicy" },
        { "rank", """{"containers":[{"name":"trainer","env":[{"name":"RANK","value":"0"}]}]}""", "containers[0].env[0].name" },
        { "another-gang", """{"schedulingGroup":{"podGroupName":"victim-1"}}""", "schedulingGroup" },
        { "another-workload", """{"workloadRef":{"name":"victim-1","podGroup":"workers"}}""", "workloadRef" },
        { "way-out-of-a-mount", """{"containers":[{"name":"trainer","volumeMounts":[{"name":"checkpoints","mountPath":"/a","subPath":"../.."}]}]}""", "containers[0].volumeMounts[0].subPath" },
    };

    /// <summary>Name of the attempt, the spec of the job, and the whole path that is blamed.</summary>
    public static TheoryData<string, string, string> Jobs() => new()
    {
        { "another-namespace", Meta("""{"namespace":"kube-system"}"""), "spec.workers.template.metadata.namespace" },
        { "another-name", Meta("""{"name":"victim-1-0"}"""), "spec.workers.template.metadata.name" },
        { "another-owner", Meta("""{"ownerReferences":[{"apiVersion":"v1","kind":"Node","name":"n","uid":"u"}]}"""),
            "spec.workers.template.metadata.ownerReferences" },
        { "finalizer-of-pods", Meta("""{"finalizers":["a/b"]}"""), "spec.workers.template.metadata.finalizers" },
        { "label-of-a-gang", Meta("""{"labels":{"training.mhc.dev/job":"victim"}}"""),
            "spec.workers.template.metadata.labels[training.mhc.dev/job]" },
        { "secret-of-a-gang", Meta("""{"annotations":{"training.mhc.dev/gang-secret":"x"}}"""),
            "spec.workers.template.metadata.annotations[training.mhc.dev/gang-secret]" },
        { "gang-of-coscheduling", Meta("""{"labels":{"scheduling.x-k8s.io/pod-group":"victim-1"}}"""),
            "spec.workers.template.metadata.labels[scheduling.x-k8s.io/pod-group]" },
        { "gang-of-volcano", Meta("""{"annotations":{"scheduling.k8s.io/group-name":"victim-1"}}"""),
            "spec.workers.template.metadata.annotations[scheduling.k8s.io/group-name]" },
        { "gang-of-kueue", Meta("""{"labels":{"kueue.x-k8s.io/pod-group-name":"victim-1"}}"""),
            "spec.workers.template.metadata.labels[kueue.x-k8s.io/pod-group-name]" },
        { "no-apparmor-by-annotation", Meta("""{"annotations":{"container.apparmor.security.beta.kubernetes.io/trainer":"unconfined"}}"""),
            "spec.workers.template.metadata.annotations[container.apparmor.security.beta.kubernetes.io/trainer]" },
        { "no-seccomp-by-annotation", Meta("""{"annotations":{"seccomp.security.alpha.kubernetes.io/pod":"unconfined"}}"""),
            "spec.workers.template.metadata.annotations[seccomp.security.alpha.kubernetes.io/pod]" },
        { "second-template", """{"workers":{"template":{"status":{"phase":"Running"}}}}""", "spec.workers.template.status" },
        { "giant", Pod($$"""{"containers":[{"name":"trainer","args":["{{new string('a', 100_000)}}"]}]}"""), "spec.workers.template" },
        { "deep", Pod(string.Concat(Enumerable.Repeat("""{"a":""", 60)) + "1" + new string('}', 60)),
            "spec.workers.template: expected at most 40 levels of nesting" },
        { "command-of-a-gang", """{"trainer":{"env":[{"name":"MHC_JOB","value":"victim"}]}}""", "spec.trainer.env[0].name" },
        { "claim-of-another-namespace", """{"checkpoints":{"volume":{"claimName":"kube-system/data"}}}""",
            "spec.checkpoints.volume.claimName" },
        { "folder-above-checkpoints", """{"checkpoints":{"volume":{"subPath":"../../etc"}}}""", "spec.checkpoints.volume.subPath" },
        { "folder-of-the-machine", """{"checkpoints":{"volume":{"subPath":"/etc"}}}""", "spec.checkpoints.volume.subPath" },
        { "data-of-another-namespace", """{"data":{"source":{"configMap":{"name":"kube-system/a"}}}}""",
            "spec.data.source.configMap.name" },
        { "data-above-the-claim", """{"data":{"source":{"path":"../../etc/shadow","persistentVolumeClaim":{"claimName":"a"}}}}""",
            "spec.data.source.path" },
        { "folder-above-data", """{"data":{"source":{"persistentVolumeClaim":{"claimName":"a","subPath":"a/../.."}}}}""",
            "spec.data.source.persistentVolumeClaim.subPath" },
        { "queue-of-another-namespace", """{"scheduling":{"queue":"kube-system/a"}}""", "spec.scheduling.queue" },
        { "priority-with-a-path", """{"scheduling":{"priorityClassName":"../system"}}""", "spec.scheduling.priorityClassName" },
        { "rollbacks-without-end", """{"stability":{"rollback":{"limit":2147483647}}}""", "spec.stability.rollback.limit" },
        { "gang-without-end", """{"workers":{"replicas":100000}}""", "spec.workers.replicas" },
        { "controller-of-two-lines", """{"managedBy":"training.mhc.dev/operator\n"}""", "spec.managedBy" },
    };

    /// <summary>Verb, path from the API server's root, and what is forbidden; NS is the author's namespace, FOREIGN another.</summary>
    public static TheoryData<string, string, string> Requests() => new()
    {
        { "POST", "apis/training.mhc.dev/v1alpha1/namespaces/FOREIGN/mhctrainingjobs", "cannot create resource \"mhctrainingjobs\"" },
        { "GET", "apis/training.mhc.dev/v1alpha1/namespaces/FOREIGN/mhctrainingjobs", "cannot list resource \"mhctrainingjobs\"" },
        { "GET", "apis/training.mhc.dev/v1alpha1/mhctrainingjobs", "cannot list resource \"mhctrainingjobs\"" },
        { "PATCH", "apis/training.mhc.dev/v1alpha1/namespaces/NS/mhctrainingjobs/any/status",
            "cannot patch resource \"mhctrainingjobs/status\"" },
        { "PATCH", "apis/training.mhc.dev/v1alpha1/namespaces/NS/mhctrainingjobs/any/finalizers",
            "cannot patch resource \"mhctrainingjobs/finalizers\"" },
        { "POST", "api/v1/namespaces/NS/pods", "cannot create resource \"pods\"" },
        { "POST", "api/v1/namespaces/NS/pods/any/exec", "cannot create resource \"pods/exec\"" },
        { "GET", "api/v1/namespaces/NS/pods", "cannot list resource \"pods\"" },
        { "GET", "api/v1/namespaces/NS/secrets", "cannot list resource \"secrets\"" },
        { "PATCH", "api/v1/namespaces/NS/configmaps/any", "cannot patch resource \"configmaps\"" },
        { "POST", "api/v1/namespaces/NS/services", "cannot create resource \"services\"" },
        { "POST", "api/v1/namespaces/NS/serviceaccounts/default/token", "cannot create resource \"serviceaccounts/token\"" },
        { "POST", "apis/networking.k8s.io/v1/namespaces/NS/networkpolicies", "cannot create resource \"networkpolicies\"" },
        { "PATCH", "api/v1/namespaces/NS", "cannot patch resource \"namespaces\"" },
        { "PATCH", "apis/coordination.k8s.io/v1/namespaces/NS/leases/mhc-operator", "cannot patch resource \"leases\"" },
        { "PATCH", "apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/NS",
            "cannot patch resource \"validatingwebhookconfigurations\"" },
    };

    [Theory, MemberData(nameof(Pods))]
    public Task A_pod_that_is_more_than_others_may_make_is_refused(string name, string pod, string field) =>
        RefusedAsync(name, Pod(pod),
            field.StartsWith("makes", StringComparison.Ordinal) ? field : $"spec.workers.template.spec.{field}: expected");

    [Theory, MemberData(nameof(Jobs))]
    public Task A_job_that_reaches_beyond_itself_is_refused(string name, string spec, string path) => RefusedAsync(name, spec, path);

    [Theory, MemberData(nameof(Requests))]
    public async Task Nothing_but_jobs_of_the_own_namespace_can_be_asked_for(string verb, string path, string refusal)
    {
        path = path.Replace("NS", setup.Asked.Name, StringComparison.Ordinal)
            .Replace("FOREIGN", setup.Foreign.Name, StringComparison.Ordinal);
        var (code, answer) = await setup.Author.AskAsync(new HttpMethod(verb), path, JobBuilder.Make("any").Build(),
            verb == "PATCH" ? Merge : "application/json", Cancel);

        Assert.Equal(HttpStatusCode.Forbidden, code);
        Assert.Contains(refusal, (string?)answer["message"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Service", "services", "taken-service", "taken-service")]
    [InlineData("ConfigMap", "configmaps", "taken-map", "taken-map-config")]
    [InlineData("NetworkPolicy", "networkpolicies", "taken-policy", "taken-policy-network")]
    [InlineData("PersistentVolumeClaim", "persistentvolumeclaims", "taken-claim", "taken-claim-checkpoints")]
    [InlineData("Pod", "pods", "taken-pod", "taken-pod-1-0")]
    public async Task A_job_whose_name_is_that_of_anothers_object_makes_no_pod_and_leaves_it_alone(string kind, string resource,
        string name, string taken)
    {
        var ns = setup.Asked;
        var path = kind == "NetworkPolicy" ? $"apis/networking.k8s.io/v1/namespaces/{ns.Name}/{resource}" : ns.Path(resource);
        var before = await ns.Api.CreateAsync(path, Anothers(kind, taken), Cancel);

        var (code, _) = await setup.Author.AskAsync(HttpMethod.Post, ns.Path("mhctrainingjobs"), JobBuilder.Make(name).Replicas(1).Build(),
            "application/json", Cancel);

        Assert.Equal(HttpStatusCode.Created, code);
        await ns.ConditionHoldsAsync(name, "GangScheduled", "False", "NameConflict");
        Assert.Contains($"{kind} {taken} exists and belongs to somebody else",
            (string?)(await ns.JobAsync(name)).Condition("GangScheduled")!["message"], StringComparison.Ordinal);
        Assert.Empty(await PodsAsync(ns, name));
        var after = (await ns.Api.FindAsync($"{path}/{taken}", Cancel))!;
        Assert.Equal((string?)before["metadata"]!["resourceVersion"], (string?)after["metadata"]!["resourceVersion"]);
    }

    [Fact]
    public async Task A_status_that_an_author_sends_is_dropped_with_what_it_says_was_accepted()
    {
        var job = JobBuilder.Make("told").Replicas(1).Build();
        job["status"] = JsonNode.Parse(
            """{"phase":"Succeeded","attempt":7,"acceptedSpec":{"workers":{"template":{"spec":{"hostPID":true}}}}}""");
        var (code, stored) = await setup.UnaskedAuthor.AskAsync(HttpMethod.Post, setup.Unasked.Path("mhctrainingjobs"), job,
            "application/json", Cancel);

        Assert.Equal(HttpStatusCode.Created, code);
        Assert.Null(stored["status"]);
        await Eventually.HoldsAsync(async () => (await PodsAsync(setup.Unasked, "told")).Count == 1, "its pod is there", Cancel);
        var pod = (await PodsAsync(setup.Unasked, "told"))[0];
        Assert.Equal(("told-1-0", null), (pod.Name(), pod["spec"]!["hostPID"]));
    }

    [Fact]
    public async Task A_template_does_not_slip_in_by_way_of_another_controller()
    {
        const string spec = """{"managedBy":"example.com/other","workers":{"template":{"spec":{"hostPID":true}}}}""";
        var back = new JsonObject { ["spec"] = new JsonObject { ["managedBy"] = "training.mhc.dev/operator" } };
        foreach (var (ns, author) in ((TestNamespace, TestApi)[])[(setup.Asked, setup.Author), (setup.Unasked, setup.UnaskedAuthor)])
        {
            var (made, _) = await author.AskAsync(HttpMethod.Post, ns.Path("mhctrainingjobs"), Job("elsewhere", spec), "application/json",
                Cancel);
            Assert.Equal(HttpStatusCode.Created, made);
            var (code, answer) = await author.AskAsync(HttpMethod.Patch, ns.Path("mhctrainingjobs", "elsewhere"), back, Merge, Cancel);
            if (ns == setup.Asked)
            {
                Assert.Equal(HttpStatusCode.UnprocessableEntity, code);
                Assert.Contains("spec.managedBy: may not change", (string?)answer["message"], StringComparison.Ordinal);
                Assert.Contains("spec.workers.template.spec.hostPID: expected", (string?)answer["message"], StringComparison.Ordinal);
            }
            else
            {
                await ns.ConditionHoldsAsync("elsewhere", "Valid", "False", "InvalidSpec");
            }

            Assert.Empty(await PodsAsync(ns, "elsewhere"));
        }
    }

    [Fact]
    public async Task What_a_job_says_of_itself_in_its_metadata_makes_its_pods_nobody_elses()
    {
        var ns = setup.Asked;
        var victim = await ns.CreateJobAsync(JobBuilder.Make("victim").Replicas(1));
        await Eventually.HoldsAsync(async () => (await PodsAsync(ns, "victim")).Count == 1, "its pod is there", Cancel);
        var job = JobBuilder.Make("pretender").Replicas(1).Build();
        job["metadata"]!["labels"] =
            JsonNode.Parse("""{"training.mhc.dev/job":"victim","kueue.x-k8s.io/queue-name":"theirs","app":"mysql"}""");
        job["metadata"]!["annotations"] =
            JsonNode.Parse("""{"training.mhc.dev/order":"2","training.mhc.dev/gang-secret":"x","example.com/note":"n"}""");
        job["metadata"]!["finalizers"] = new JsonArray("example.com/stay");
        job["metadata"]!["ownerReferences"] = new JsonArray(new JsonObject
        {
            ["apiVersion"] = "training.mhc.dev/v1alpha1",
            ["kind"] = "MhcTrainingJob",
            ["name"] = "victim",
            ["uid"] = (string?)victim["metadata"]!["uid"],
            ["controller"] = true,
            ["blockOwnerDeletion"] = true,
        });
        var (code, made) = await setup.Author.AskAsync(HttpMethod.Post, ns.Path("mhctrainingjobs"), job, "application/json", Cancel);

        Assert.Equal(HttpStatusCode.Created, code);
        await Eventually.HoldsAsync(async () => (await PodsAsync(ns, "pretender")).Count == 1, "its pod is there", Cancel);
        var pod = (await PodsAsync(ns, "pretender"))[0];
        Assert.Equal((string?)made["metadata"]!["uid"], (string?)Assert.Single(pod["metadata"]!["ownerReferences"]!.AsArray())!["uid"]);
        Assert.All(pod["metadata"]!["labels"]!.AsObject(),
            label => Assert.StartsWith("training.mhc.dev/", label.Key, StringComparison.Ordinal));
        Assert.Null(pod["metadata"]!["annotations"]!["training.mhc.dev/order"] ?? pod["metadata"]!["annotations"]!["example.com/note"]);
        Assert.NotEqual("x", (string?)pod["metadata"]!["annotations"]!["training.mhc.dev/gang-secret"]);
        Assert.Null(pod["metadata"]!["finalizers"]);
        Assert.Single(await PodsAsync(ns, "victim"));
    }

    [Fact]
    public async Task What_an_author_writes_as_text_is_one_word_and_no_command()
    {
        string[] words = ["; rm -rf /", "$(id)", "`id`", "&& id", "a b", "--", "$(MHC_GANG_SECRET)", "\u001b[2J"];
        var job = JobBuilder.Make("words").Replicas(1).With("trainer", "args", new JsonArray([.. words.Select(word => (JsonNode)word)]))
            .Build();
        var (code, _) = await setup.Author.AskAsync(HttpMethod.Post, setup.Asked.Path("mhctrainingjobs"), job, "application/json", Cancel);

        Assert.Equal(HttpStatusCode.Created, code);
        await Eventually.HoldsAsync(async () => (await PodsAsync(setup.Asked, "words")).Count == 1, "its pod is there", Cancel);
        var container = (await PodsAsync(setup.Asked, "words"))[0]["spec"]!["containers"]![0]!;
        Assert.Equal(words.Select(word => word.Replace("$", "$$", StringComparison.Ordinal)),
            container["args"]!.AsArray().Select(word => (string)word!));
        Assert.Null(container["command"]);
    }

    /// <summary>Applies the job in both namespaces, and looks for what it is refused with.</summary>
    private async Task RefusedAsync(string name, string spec, string expected)
    {
        var (code, answer) = await setup.Author.AskAsync(HttpMethod.Post, setup.Asked.Path("mhctrainingjobs"), Job(name, spec),
            "application/json", Cancel);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, code);
        Assert.Contains(expected, (string?)answer["message"], StringComparison.Ordinal);

        (code, answer) = await setup.UnaskedAuthor.AskAsync(HttpMethod.Post, setup.Unasked.Path("mhctrainingjobs"), Job(name, spec),
            "application/json", Cancel);
        if (code == HttpStatusCode.Created)
        {
            await setup.Unasked.ConditionHoldsAsync(name, "Valid", "False", "InvalidSpec");
            Assert.Contains(expected, (string?)(await setup.Unasked.JobAsync(name)).Condition("Valid")!["message"],
                StringComparison.Ordinal);
        }
        else
        {
            Assert.Equal(HttpStatusCode.UnprocessableEntity, code); // by the definition
            Assert.Contains(expected, (string?)answer["message"], StringComparison.Ordinal);
        }

        Assert.Empty(await PodsAsync(setup.Asked, name));
        Assert.Empty(await PodsAsync(setup.Unasked, name));
    }

    private static async Task<IReadOnlyList<JsonObject>> PodsAsync(TestNamespace ns, string job) =>
        await ns.Api.ListAsync($"{ns.Path("pods")}?labelSelector=training.mhc.dev/job%3D{job}", Cancel);

    private static JsonObject Job(string name, string spec)
    {
        var job = JobBuilder.Make(name).Replicas(1).Build();
        foreach (var (section, given) in JsonNode.Parse(spec, null,
            new System.Text.Json.JsonDocumentOptions { MaxDepth = 1000 })!.AsObject())
        {
            if (given is JsonObject fields && job["spec"]![section] is JsonObject below)
            {
                foreach (var (field, value) in fields)
                {
                    below[field] = value?.DeepClone();
                }
            }
            else
            {
                job["spec"]![section] = given?.DeepClone();
            }
        }

        return job;
    }

    private static string Meta(string metadata) => """{"workers":{"template":{"metadata":""" + metadata + "}}}";

    private static string Pod(string spec) => """{"workers":{"template":{"spec":""" + spec + "}}}";

    private static JsonObject Anothers(string kind, string name)
    {
        var made = new JsonObject { ["metadata"] = new JsonObject { ["name"] = name } };
        if (kind == "PersistentVolumeClaim")
        {
            made["metadata"]!["ownerReferences"] =
                JsonNode.Parse("""[{"apiVersion":"apps/v1","kind":"StatefulSet","name":"mysql","uid":"u","controller":true}]""");
        }

        const string pod = """{"containers":[{"name":"c","image":"i"}]}""", claim =
            """{"accessModes":["ReadWriteMany"],"resources":{"requests":{"storage":"1Gi"}}}""";
        made["spec"] = kind switch
        {
            "Service" => JsonNode.Parse("""{"ports":[{"port":80,"protocol":"TCP"}]}"""),
            "NetworkPolicy" => JsonNode.Parse("""{"podSelector":{}}"""),
            "PersistentVolumeClaim" => JsonNode.Parse(claim),
            "Pod" => JsonNode.Parse(pod),
            _ => null,
        };
        return made;
    }
}
