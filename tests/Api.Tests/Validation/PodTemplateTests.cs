using Api.Tests.Support;

namespace Api.Tests.Validation;

public sealed class PodTemplateTests
{
    [Theory]
    [InlineData("spec: {nodeSelector: {gpu: a100}, tolerations: [{key: x, operator: Exists}], aFieldOfTomorrow: {x: [1]}}")]
    [InlineData("metadata: {labels: {app: x}, annotations: {a: b}}, spec: {securityContext: null}")]
    [InlineData(
        "spec: {containers: [{name: trainer, resources: {limits: {cpu: 4, memory: 10Gi, a/b: '1'}}, env: [{name: NCCL_DEBUG, value: INFO}]}, {name: side, image: x, env: [{name: RANK}]}]}")]
    [InlineData("spec: {securityContext: {$patch: replace, runAsNonRoot: true}, volumes: [{name: shm, $patch: delete}]}")]
    [InlineData(
        "spec: {containers: [{name: trainer, command: null, lifecycle: {preStop: {sleep: {seconds: 5}}}, livenessProbe: {httpGet: {port: http}}, ports: [{containerPort: 80.0}]}]}")]
    [InlineData("{}")]
    public void What_the_operator_can_merge_is_valid(string template) =>
        Assert.Equal("", JobYaml.Errors($"workers: {{template: {(template == "{}" ? template : $"{{{template}}}")}}}"));

    [Theory]
    [InlineData("sepc: {}", "sepc: unknown field; did you mean spec?")]
    [InlineData("spec: []", "spec: expected an object, got a list")]
    [InlineData("metadata: {name: x}", "metadata.name: expected only labels and annotations here, the operator decides the rest")]
    [InlineData("metadata: {labels: {a: 1}}", "metadata.labels.a: expected text, got 1; put it in quotes")]
    [InlineData("metadata: {labels: {training.mhc.dev/job: x}}",
        "metadata.labels[training.mhc.dev/job]: expected no key of training.mhc.dev/, the operator sets those")]
    [InlineData("spec: {restartPolicy: Always}", "spec.restartPolicy: expected nothing, the operator restarts whole gangs; got \"Always\"")]
    [InlineData("spec: {containers: {}}", "spec.containers: expected a list, got an object")]
    [InlineData("spec: {containers: [5]}", "spec.containers[0]: expected an object, got 5")]
    [InlineData("spec: {containers: [{image: x}]}", "spec.containers[0].name: expected a name, got nothing")]
    [InlineData("spec: {containers: [{name: trainer}, {name: trainer}]}",
        "spec.containers[1].name: expected each name once, got \"trainer\" again")]
    [InlineData("spec: {containers: [{name: main}]}",
        "spec.containers[0].image: expected an image for a container beside the trainer's (trainer), got nothing")]
    [InlineData("spec: {containers: [{name: trainer-0}]}",
        "spec.containers[0].image: expected an image for a container beside the trainer's (trainer), got nothing")]
    [InlineData("spec: {initContainers: [{name: fetch}]}", "spec.initContainers[0].image: expected an image, got nothing")]
    [InlineData("spec: {containers: [{name: trainer, env: [{name: RANK, value: '1'}]}]}",
        "spec.containers[0].env[0].name: expected a name that the trainer contract does not use (torchrun's names and MHC_*), got RANK")]
    [InlineData("spec: {volumes: [{name: a, ephemeral: {volumeClaimTemplate: {metadata: {creationTimestamp: side}}}}]}",
        "spec.volumes[0].ephemeral.volumeClaimTemplate.metadata.creationTimestamp: expected a time (RFC 3339), such as 2026-01-31T12:00:00Z, got \"side\"")]
    [InlineData("spec: {containers: [{name: trainer, resources: {limits: {cpu: lots}}}]}",
        "spec.containers[0].resources.limits.cpu: expected a Kubernetes quantity, such as 500m or 10Gi, got \"lots\"")]
    [InlineData("spec: {volumes: [{emptyDir: {}}]}", "spec.volumes[0].name: expected a name, got nothing")]
    [InlineData("spec: {nodeSelector: {gpu: true}}", "spec.nodeSelector.gpu: expected text, got true; put it in quotes")]
    [InlineData("spec: {tolerations: [x]}", "spec.tolerations[0]: expected an object, got \"x\"")]
    [InlineData("spec: {nodeselector: {disk: ssd}}", "spec.nodeselector: unknown field; did you mean nodeSelector?")]
    [InlineData("spec: {toleration: []}", "spec.toleration: unknown field; did you mean tolerations?")]
    [InlineData("spec: {containers: [{name: trainer, envs: []}]}", "spec.containers[0].envs: unknown field; did you mean env?")]
    [InlineData("spec: {containers: [{name: trainer, resource: {}}]}",
        "spec.containers[0].resource: unknown field; did you mean resources?")]
    [InlineData("spec: {containers: [{name: trainer, resources: {limit: {}}}]}",
        "spec.containers[0].resources.limit: unknown field; did you mean limits?")]
    [InlineData("spec: {affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecutions: []}}}",
        "spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecutions: unknown field; did you mean requiredDuringSchedulingIgnoredDuringExecution?")]
    [InlineData("spec: {containers: [{name: trainer, env: [{name: PORT, value: 8080}]}]}",
        "spec.containers[0].env[0].value: expected text, got 8080; put it in quotes")]
    [InlineData("spec: {containers: [{name: side, image: y}]}", "spec.containers[0].image: expected text, got true; put it in quotes")]
    [InlineData("spec: {containers: [{name: side, image: i, command: echo}]}", "spec.containers[0].command: expected a list, got \"echo\"")]
    [InlineData("spec: {containers: [{name: side, image: i, command: [sleep, 5]}]}",
        "spec.containers[0].command[1]: expected text, got 5; put it in quotes")]
    [InlineData("spec: {containers: [{name: 7, image: i}]}", "spec.containers[0].name: expected text, got 7; put it in quotes")]
    [InlineData("spec: {containers: [{name: side, image: i, tty: 'yes'}]}", "spec.containers[0].tty: expected true or false, got \"yes\"")]
    [InlineData("spec: {terminationGracePeriodSeconds: soon}", "spec.terminationGracePeriodSeconds: expected a whole number, got \"soon\"")]
    [InlineData("spec: {containers: [{name: side, image: i, livenessProbe: {httpGet: {port: {}}}}]}",
        "spec.containers[0].livenessProbe.httpGet.port: expected a whole number or text, got an object")]
    [InlineData("spec: {containers: [{name: ../../x, image: i}]}",
        "spec.containers[0].name: expected a DNS label (at most 63 lower-case letters, digits and '-', not '-' at its ends), got \"../../x\"")]
    [InlineData("spec: {volumes: [{name: A_b, emptyDir: {}}]}",
        "spec.volumes[0].name: expected a DNS label (at most 63 lower-case letters, digits and '-', not '-' at its ends), got \"A_b\"")]
    [InlineData("spec: {initContainers: [{name: trainer, image: i}]}",
        "spec.initContainers[0].name: expected each name once, got \"trainer\" again")]
    [InlineData("metadata: {labels: {a b: c}}",
        "metadata.labels[a b]: expected as the key a label key (at most 63 letters, digits, '-', '_' and '.', not these at its ends, and before it at most a domain and '/'), got \"a b\"")]
    [InlineData("metadata: {labels: {a: b c}}",
        "metadata.labels.a: expected a label value (at most 63 letters, digits, '-', '_' and '.', not these at its ends), got \"b c\"")]
    [InlineData("spec: {nodeSelector: {a: b/c}}",
        "spec.nodeSelector.a: expected a label value (at most 63 letters, digits, '-', '_' and '.', not these at its ends), got \"b/c\"")]
    [InlineData("spec: {containers: [{name: trainer, args: [\"a\\0\"]}]}",
        "spec.containers[0].args[0]: expected text without NUL, which ends a text on the machine, got it after 1 characters")]
    [InlineData("spec: {containers: [{name: trainer, env: [{name: A=B, value: c}]}]}",
        "spec.containers[0].env[0].name: expected ASCII without '=', got \"A=B\"")]
    [InlineData("spec: {containers: [{name: trainer, env: [{name: A, value: c, valueFrom: {}}]}]}",
        "spec.containers[0].env[0].valueFrom: expected nothing where value is given")]
    [InlineData("spec: {containers: [{name: trainer, volumeMounts: [{name: a, mountPath: /a, subPath: b/../..}]}]}",
        "spec.containers[0].volumeMounts[0].subPath: expected a path inside the volume, relative and without \"..\", got \"b/../..\"")]
    [InlineData("spec: {containers: [{name: trainer, volumeMounts: [{name: a, mountPath: /a, subPathExpr: /$(HOME)}]}]}",
        "spec.containers[0].volumeMounts[0].subPathExpr: expected a path inside the volume, relative and without \"..\", got \"/$(HOME)\"")]
    [InlineData("spec: {containers: null}", "spec.containers: expected nothing that takes the trainer's containers away")]
    [InlineData("spec: {$patch: replace}", "spec[$patch]: expected nothing that takes the trainer's containers away")]
    [InlineData("spec: null", "spec: expected an object, got null")]
    [InlineData("spec: {containers: [{name: trainer, $patch: delete}]}",
        "spec.containers[0][$patch]: expected nothing that takes the trainer's container away")]
    [InlineData("spec: {containers: [{name: trainer, image: null}]}", "spec.containers[0].image: expected an image, got null")]
    [InlineData("spec: {securityContext: {$patch: remove}}", "spec.securityContext[$patch]: expected delete or replace, got \"remove\"")]
    public void What_the_operator_cannot_merge_is_named(string template, string expected) =>
        Assert.Equal($"spec.workers.template.{expected}", JobYaml.Errors($"workers: {{template: {{{template}}}}}"));

    [Fact]
    public void A_worker_with_several_devices_has_a_trainer_container_for_each() =>
        Assert.Equal(
            "", JobYaml.Errors("workers: {devicesPerWorker: 2, template: {spec: {containers: [{name: trainer}, {name: trainer-1}]}}}"));

    [Fact]
    public void A_template_that_nests_too_deep_is_refused() =>
        Assert.Equal(
            "spec.workers.template: expected at most 40 levels of nesting",
            JobYaml.Errors($"workers: {{template: {{spec: {string.Concat(Enumerable.Repeat("{a: ", 42))}1{new string('}', 42)}}}}}"));

    [Fact]
    public void A_field_that_is_near_none_is_a_warning_since_a_newer_server_may_know_it()
    {
        var manifest = JobYaml.WithSpec(
            "workers: {template: {spec: {containers: [{name: trainer, resources: {zebra: 1}}], aFieldOfTomorrow: {x: [1]}}}}");

        Assert.Empty(manifest.Errors);
        Assert.Equal(
            ["spec.workers.template.spec.aFieldOfTomorrow", "spec.workers.template.spec.containers[0].resources.zebra"],
            manifest.Warnings.Select(w => w.Path).Order(StringComparer.Ordinal));
        Assert.All(manifest.Warnings, w => Assert.Equal((5, "job.yaml"), (w.Line, w.File)));
    }

    [Fact]
    public void What_the_operator_may_refuse_is_a_warning() =>
        Assert.Equal("spec.workers.template.spec.hostPID",
            Assert.Single(JobYaml.WithSpec("workers: {template: {spec: {hostPID: true}}}").Warnings).Path);
}
